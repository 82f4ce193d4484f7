"""Judges a running run in rounds: the conversations that changed, by what can be judged of an unfinished history."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any, Protocol

import pyarrow as pa
from msgspec import Struct

from chatproof.checkers.guarantee import Finding, Guarantee, is_claimed
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.history.tail import Fresh
from chatproof.checkers.judge import find
from chatproof.checkers.live.kept import Kept

LIVE_CLASSES = ("monotone",)
"""Classes of guarantees whose violations in a run so far stay violations, whatever follows."""


class Source(Protocol):
    """Where rows come from: a `Tail`."""

    def fresh(self) -> Fresh:
        """The rows that were not handed out before, of all workers up to one instant."""
        ...


class LiveFinding(Struct, frozen=True):
    """A violation, told when it was found. `t_ns`: when it became true."""

    guarantee: str
    sentence: str
    t_ns: int


class Round(Struct, frozen=True):
    """One look at the run.

    Attributes:
        round: its number, from 1.
        judged_ns: everything that anyone saw up to then has been judged.
        rows: rows that were new.
        conversations: conversations that had changed.
        seconds: how long the look took.
        findings: violations that were not found before.
        over: the run has ended, and this was the last look.
    """

    round: int
    judged_ns: int
    rows: int
    conversations: int
    seconds: float
    findings: tuple[LiveFinding, ...]
    over: bool


class LiveJudge:
    """Judges what `tail` brings. `tables` are what is known from the start: devices and conversations."""

    def __init__(self, tail: Source, run: RunDocument, tables: Mapping[str, pa.Table]) -> None:
        self._tail = tail
        self._kept = Kept(run, tables)
        self._guarantees = [each for each in GUARANTEES.values() if _is_live(each, self._kept)]
        self._found: dict[str, list[Finding]] = {each.name: [] for each in self._guarantees}
        self._round = 0

    def round(self) -> Round:
        """Look at what is new. Raises `HistoryError` for segments that are torn, `QueryFailed` as the judge does."""
        begun = perf_counter()
        fresh = self._tail.fresh()
        rows = self._kept.add(fresh.segments)
        conversations = self._kept.show_changed() if rows else 0
        findings = self._judge() if conversations else ()
        self._round += 1
        return Round(
            round=self._round, judged_ns=fresh.upto_ns, rows=rows, conversations=conversations,
            seconds=round(perf_counter() - begun, 3), findings=findings, over=fresh.closed,
        )  # fmt: skip

    def close(self) -> None:
        """Let go of what was kept."""
        self._kept.close()

    def _judge(self) -> tuple[LiveFinding, ...]:
        """The violations in what is shown that were not found before."""
        told = []
        with relations(self._kept.history) as sql:
            for guarantee in self._guarantees:
                for finding in find(sql, guarantee):
                    if not any(is_grown(finding, known) for known in self._found[guarantee.name]):
                        told.append(LiveFinding(guarantee.name, guarantee.explain(finding), finding.t_ns))
                        self._found[guarantee.name].append(finding)
        return tuple(told)


def live_guarantees(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the guarantees that are judged meanwhile where a target makes these claims."""
    return tuple(
        each.name for each in GUARANTEES.values() if each.class_ in LIVE_CLASSES and is_claimed(each, claims)
    )


def is_grown(finding: Finding, known: Finding) -> bool:
    """Whether a finding is one that is known, to which further seqs, sessions or devices may have come."""
    return (finding.kind, finding.conv) == (known.kind, known.conv) and all(
        set(before) <= set(now)
        for before, now in (
            (known.ops, finding.ops), (known.seqs, finding.seqs), (known.sessions, finding.sessions),
            (known.devs, finding.devs),
        )
    )  # fmt: skip


def _is_live(guarantee: Guarantee, kept: Kept) -> bool:
    """Whether a guarantee is claimed, can be observed, and can be judged before the end."""
    history = kept.history
    observable = history.has(*guarantee.tables)
    return guarantee.class_ in LIVE_CLASSES and observable and is_claimed(guarantee, history.run.claims)
