"""What a judge answers, as data. verdict.json is one `Verdict`; its JSON Schema is generated from these types."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

GuaranteeOutcome = Literal["held", "broken", "not exercised", "not claimed", "not observable"]
SloOutcome = Literal["met", "missed", "uncertain", "too few samples", "void"]
VerdictWord = Literal["pass", "fail", "inconclusive", "invalid"]

EXIT_PASS = 0
EXIT_GUARANTEE_BROKEN = 10
EXIT_SLO_MISSED = 11
EXIT_INCONCLUSIVE = 20
EXIT_INVALID = 21


class Witness(Struct, frozen=True):
    """One event of a counter-example: when (ns since run start), where (device, node, log or store), what, in words.

    `needed`: it belongs to the smallest part of the history that still violates; the others help to read it.
    """

    t_ns: int
    lane: str
    text: str
    needed: bool = True


class Violation(Struct, frozen=True, kw_only=True):
    """One proven break: the sentence, who was involved, at most twelve events that show it, faults active then.

    `t_ns`: when it became true, ns since run start.
    """

    sentence: str
    t_ns: int = 0
    ops: tuple[int, ...] = ()
    conv: int | None = None
    seqs: tuple[int, ...] = ()
    sessions: tuple[int, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    faults: tuple[str, ...] = ()


class GuaranteeResult(Struct, frozen=True, kw_only=True):
    """A guarantee's result. `implied_by`: broken guarantees that explain this one, empty for a root.

    Attributes:
        violation_count: all violations; `violations` holds the first few.
        qualifier: what the result is limited to, such as `held to 31 seconds`.
        reason: why it is not exercised, not claimed or not observable.
    """

    name: str
    sentence: str
    result: GuaranteeOutcome
    opportunities: int
    minimum: int
    violation_count: int = 0
    violations: tuple[Violation, ...] = ()
    implied_by: tuple[str, ...] = ()
    qualifier: str = ""
    reason: str = ""
    seconds: float = 0.0


class SloResult(Struct, frozen=True, kw_only=True):
    """One objective: its value in `unit` with a 95 % interval by block bootstrap, and how many samples that is."""

    name: str
    objective: str
    result: SloOutcome
    value: float | None
    low: float | None
    high: float | None
    threshold: float
    unit: str
    samples: int
    blocks: int
    reason: str = ""


class FaultResult(Struct, frozen=True, kw_only=True):
    """One fault as it went; times in ns since run start."""

    fault: int
    kind: str
    target: str
    start_confirmed_ns: int | None
    effect_seen_ns: int | None
    stop_confirmed_ns: int | None
    evidence: str


class Verdict(Struct, frozen=True, kw_only=True):
    """The result of one run."""

    verdict: VerdictWord
    exit: int
    sentence: str
    guarantees: tuple[GuaranteeResult, ...]
    slos: tuple[SloResult, ...]
    faults: tuple[FaultResult, ...]
    evidence_problems: tuple[str, ...]
    load_problems: tuple[str, ...]
    totals: dict[str, int]
    unexplained: tuple[str, ...]
    """Broken guarantees that no other broken guarantee implies and that are not the first root: see the kill matrix."""
    run_id: str
    seed: int
    scenario: str
    target: str
    replay: str
    unavailable: tuple[str, ...] = ()
    """Faults that the scenario has and this target could not be given, each with the reason."""
    version: int = 1
