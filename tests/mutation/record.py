"""What hunts found, kept in outcomes.json: a subject is hunted again where its mutants have changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from msgspec import Struct, json
from msgspec.structs import replace

from tests.mutation.hunt import Outcome

RECORD = Path(__file__).with_name("outcomes.json")


class Hunted(Struct, frozen=True, forbid_unknown_fields=True):
    """One subject's last hunt.

    Attributes:
        date: ISO 8601, of its end.
        digest: of all mutants' texts (`digest_of`).
        killed, stillborn: how many.
        survivors: their names.
    """

    date: str
    digest: str
    killed: int
    stillborn: int
    survivors: tuple[str, ...]

    @property
    def valid(self) -> int:
        """Mutants that are queries or programs at all."""
        return self.killed + len(self.survivors)


def digest_of(texts: Iterable[str]) -> str:
    """Sixteen digits that are others where any mutant is."""
    return sha256("\0".join(texts).encode()).hexdigest()[:16]


def hunted(outcomes: Sequence[Outcome], texts: Iterable[str], date: str) -> Hunted:
    """The entry of a subject whose mutants have these texts."""
    fates = Counter(outcome.fate for outcome in outcomes)
    survivors = tuple(outcome.name for outcome in outcomes if outcome.fate == "survived")
    return Hunted(date, digest_of(texts), fates["killed"], fates["stillborn"], survivors)


def retried(entry: Hunted, outcomes: Iterable[Outcome], date: str) -> Hunted:
    """The entry after some of its survivors were hunted again."""
    killed = [outcome.name for outcome in outcomes if outcome.fate == "killed"]
    survivors = tuple(name for name in entry.survivors if name not in killed)
    return replace(entry, date=date, killed=entry.killed + len(killed), survivors=survivors)


def recall() -> dict[str, Hunted]:
    """Subject → its last hunt, as recorded."""
    return json.decode(RECORD.read_bytes(), type=dict[str, Hunted])


def remember(entries: Mapping[str, Hunted]) -> None:
    """Write the record anew."""
    RECORD.write_bytes(json.format(json.encode(entries), indent=1) + b"\n")
