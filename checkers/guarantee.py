"""A guarantee as data: what it promises, how its violations and opportunities are found, how one is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from msgspec import Struct

GuaranteeClass = Literal["monotone", "watermarked", "final"]
"""monotone: true on any union of prefixes, may be judged live; watermarked: live up to the smallest worker watermark;
final: finished histories only."""

SPLIT_KEYS = frozenset({
    "conversation", "conversation and device", "conversation and user", "observer (device, scope, conversation, view)",
})
"""Keys that buckets of conversations keep together. A guarantee of another key is judged over the whole history."""

FINDING_COLUMNS = ("kind", "ops", "conv", "seqs", "sessions", "devs", "t_ns")
"""Columns of a violations query, each of which may be left out; further ones are material for the sentence."""


class Finding(NamedTuple):
    """One row of a violations query.

    Attributes:
        kind: the sub-class of the violation, a few words.
        ops, conv, seqs, sessions: who was involved; two alarms are related only where they share one of these.
        devs: the devices whose view shows it.
        t_ns: when it became true.
        data: the query's own columns.
    """

    kind: str
    ops: tuple[int, ...]
    conv: int | None
    seqs: tuple[int, ...]
    sessions: tuple[int, ...]
    devs: tuple[int, ...]
    t_ns: int
    data: Mapping[str, Any]


def tell_plainly(finding: Finding) -> str:
    """A sentence made of whatever the finding names: for a guarantee that has no words of its own."""
    parts = [f"operation {name_op(op)}" for op in finding.ops]
    parts += [f"seq {seq}" for seq in finding.seqs]
    parts += [] if finding.conv is None else [f"conversation {finding.conv}"]
    parts += [f"device {dev}" for dev in finding.devs]
    parts += [f"{name} {value}" for name, value in finding.data.items()]
    return f"{finding.kind}: {', '.join(parts)}" if parts else finding.kind


class Story(Struct, frozen=True):
    """The worked example: two histories in words, one that keeps the guarantee and one that breaks it.

    One event a line, 10 ms apart unless a time leads it; `m1 = 5` means the message m1 at seq 5. The documentation
    prints both, and tests turn them into tables and judge them.
    """

    clean: str
    broken: str


class Guarantee(Struct, frozen=True, kw_only=True):
    """A named property of histories: a name, a sentence and two queries; the rest can be left out.

    Attributes:
        sentence: what the target promises.
        broken_when: what a violation is.
        key: what a history may be split by without changing the result; all but SPLIT_KEYS are judged whole.
        claims: claims of the target without which it is *not claimed*; all must be true or above 0.
        tables: tables without which it is *not observable*.
        bounds: the keys of `vocabulary.BOUNDS` that it depends on.
        violations: SQL over tables and relations; one row per violation, with FINDING_COLUMNS.
        opportunities: SQL for one count: the chances to break it that really occurred.
        opportunity: what is counted, as a plural.
        minimum: fewer opportunities than this are *not exercised*; a run may ask for another number.
        explain: the violation as a sentence.
        qualifier: SQL for one text that limits the result, such as `held to 31 seconds`, and perhaps a number: of
            several parts of a history, the text with the largest one stands; empty for none.
        liveness: it says that something happens in time, so a sick load generator voids it.
        remarks: what a reader must know of how it is judged.
    """

    name: str
    sentence: str
    broken_when: str = ""
    class_: GuaranteeClass = "final"
    key: str = ""
    claims: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()
    violations: str
    opportunities: str
    opportunity: str = "opportunities"
    minimum: int = 1
    explain: Callable[[Finding], str] = tell_plainly
    story: Story = Story("", "")
    qualifier: str = ""
    liveness: bool = False
    remarks: str = ""

    @property
    def is_split(self) -> bool:
        """Whether it can be judged bucket by bucket."""
        return self.key in SPLIT_KEYS


def finding_of(columns: Sequence[str], row: Sequence[Any]) -> Finding:
    """A row of a violations query as a finding; absent columns and lists are empty, a single value is a list of one."""
    values = dict(zip(columns, row, strict=True))
    kind, ops, conv, seqs, sessions, devs, t_ns = (values.pop(name, None) for name in FINDING_COLUMNS)
    found_ops, found_seqs, found_sessions, found_devs = (_sorted_items(items) for items in (ops, seqs, sessions, devs))
    return Finding(
        kind or "violation", found_ops, conv, found_seqs, found_sessions, found_devs, t_ns or 0, values
    )


def _sorted_items(items: Any) -> tuple[int, ...]:
    """The items of a list that may hold NULLs and repeats."""
    listed: list[Any] = items if isinstance(items, list) else [items]
    return tuple(sorted({item for item in listed if item is not None}))


def name_op(op: int) -> str:
    """An operation as people read it: `device#number` (an operation is dev<<32 | number)."""
    return f"{op >> 32}#{op & 0xFFFFFFFF}"


def is_claimed(guarantee: Guarantee, claims: Mapping[str, Any]) -> bool:
    """Whether the target claims everything that the guarantee rests on."""
    return all(claims.get(name) for name in guarantee.claims)


