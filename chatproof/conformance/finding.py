"""What a check says: how it stands, what was found, and what to do."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["ok", "not claimed", "missing", "wrong", "wrong claim", "not checked"]
"""`missing`: something did not happen; `wrong`: something else did; `wrong claim`: it works, but not as claimed;
`not checked`: a check before, on which this one rests, has failed."""

FAILED: frozenset[State] = frozenset({"missing", "wrong", "wrong claim"})


class Outcome(NamedTuple):
    """How one check ended. `found` and `advice` are phrases, without a full stop; no advice where all is well."""

    state: State
    found: str
    advice: str = ""


class Finding(NamedTuple):
    """The outcome of a named check."""

    name: str
    state: State
    found: str
    advice: str

    @property
    def has_failed(self) -> bool:
        """Whether there is something to do."""
        return self.state in FAILED


def ok(found: str) -> Outcome:
    """All is well."""
    return Outcome("ok", found)


def missing(found: str, advice: str) -> Outcome:
    """Something should have happened."""
    return Outcome("missing", found, advice)


def wrong(found: str, advice: str) -> Outcome:
    """Something happened that cannot be."""
    return Outcome("wrong", found, advice)


def wrong_claim(found: str, advice: str) -> Outcome:
    """The driver claims what is not so."""
    return Outcome("wrong claim", found, advice)
