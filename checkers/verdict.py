"""From results to the one word, the exit code and the one sentence. Pure.

Order of decisions: invalid evidence voids everything; a proven violation is `fail`, whatever the load was; without
one an unhealthy load is `invalid`; a missed SLO is `fail`; whatever is required and not shown is `inconclusive`; else
`pass`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from chatproof.checkers.implied import roots
from chatproof.checkers.results import (
    EXIT_GUARANTEE_BROKEN,
    EXIT_INCONCLUSIVE,
    EXIT_INVALID,
    EXIT_PASS,
    EXIT_SLO_MISSED,
    GuaranteeOutcome,
    GuaranteeResult,
    SloResult,
    VerdictWord,
)

UNSHOWN: tuple[GuaranteeOutcome, ...] = ("not claimed", "not exercised", "not observable")
"""Outcomes that are no evidence, for or against: a pass says how many there are, so that nobody takes them for held."""


class Decision(NamedTuple):
    """The verdict's word, its exit code and its sentence."""

    verdict: VerdictWord
    exit: int
    sentence: str


class Findings(NamedTuple):
    """Everything a verdict depends on.

    Attributes:
        required: guarantees that must be *held* for a pass.
        slos_required: whether every SLO must be met for a pass.
    """

    guarantees: Sequence[GuaranteeResult]
    slos: Sequence[SloResult]
    evidence_problems: Sequence[str]
    load_problems: Sequence[str]
    required: Sequence[str]
    slos_required: bool
    totals: Mapping[str, int]


def decide(found: Findings) -> Decision:
    """The decision, by the order that the module's docstring gives."""
    broken = [result for result in found.guarantees if result.result == "broken"]
    missed = [slo for slo in found.slos if slo.result == "missed"]
    if found.evidence_problems:
        return Decision("invalid", EXIT_INVALID, _invalid("the evidence", found.evidence_problems))
    if broken:
        return Decision("fail", EXIT_GUARANTEE_BROKEN, _broken(broken))
    if found.load_problems:
        return Decision("invalid", EXIT_INVALID, _invalid("the load", found.load_problems))
    if found.slos_required and missed:
        return Decision("fail", EXIT_SLO_MISSED, _missed(missed))
    open_points = _open_points(found)
    if open_points:
        return Decision("inconclusive", EXIT_INCONCLUSIVE, _inconclusive(open_points))
    return Decision("pass", EXIT_PASS, _passed(found))


def void_slos(slos: Sequence[SloResult]) -> tuple[SloResult, ...]:
    """SLOs of a run whose load was not what was asked for: their numbers say nothing."""
    return tuple(replace(slo, result="void", reason="the load was not what was asked for") for slo in slos)


def _invalid(what: str, problems: Sequence[str]) -> str:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"invalid: {what} cannot be trusted: {problems[0]}{more}"


def _broken(broken: Sequence[GuaranteeResult]) -> str:
    """Names the root, how often it broke, the first counter-example, and what else broke."""
    by_name = {result.name: result for result in broken}
    root = by_name[roots({result.name: result.implied_by for result in broken})[0]]
    others = [result.name for result in broken if result is not root]
    times = "1 violation" if root.violation_count == 1 else f"{root.violation_count} violations"
    first = f": {root.violations[0].sentence}" if root.violations else ""
    tail = f" (also broken: {', '.join(others)})" if others else ""
    return f"fail: {root.name} is broken, {times}{first}{tail}"


def _missed(missed: Sequence[SloResult]) -> str:
    return "fail: missed " + "; ".join(
        f"{slo.name} ({slo.objective}: {slo.value:g} {slo.unit})" if slo.value is not None else slo.name
        for slo in missed
    )


def _open_points(found: Findings) -> list[str]:
    """What is required and was not shown, a phrase each."""
    results = {result.name: result for result in found.guarantees}
    points = [f"{name} was not judged" for name in found.required if name not in results]
    points += [
        f"{name} is {results[name].result} ({results[name].reason})"
        for name in found.required
        if name in results and results[name].result != "held"
    ]
    if found.slos_required:
        points += [f"SLO {slo.name} is {slo.result}" for slo in found.slos if slo.result != "met"]
        points += [] if found.slos else ["no SLO was measured"]
    if not any(result.result == "held" for result in found.guarantees):
        points.append("nothing was shown to hold")
    return points


def _inconclusive(points: Sequence[str]) -> str:
    more = f" (and {len(points) - 1} more)" if len(points) > 1 else ""
    return f"inconclusive: {points[0]}{more}"


def _passed(found: Findings) -> str:
    count = Counter(result.result for result in found.guarantees)
    held = f"{count['held']} guarantee{'' if count['held'] == 1 else 's'} held"
    others = ", ".join(f"{count[other]} {other}" for other in UNSHOWN if count[other])
    met = sum(slo.result == "met" for slo in found.slos)
    slos = f" and {met} of {len(found.slos)} SLOs met" if found.slos else ""
    return (
        f"pass: {held}{f' ({others})' if others else ''}{slos} over {found.totals.get('acked_sends', 0):,}"
        f" acked sends, {found.totals.get('deliveries_judged', 0):,} deliveries and"
        f" {found.totals.get('faults', 0)} faults"
    )
