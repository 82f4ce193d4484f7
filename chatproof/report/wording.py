"""How results are put into words and units, once for every output."""

from __future__ import annotations

import math

from chatproof.checkers.results import GuaranteeResult, SloResult, Verdict


def number(value: int) -> str:
    """An integer with thin grouping: 12345 → 12,345."""
    return f"{value:,}"


def quantity(value: float | None, unit: str) -> str:
    """A value with its unit; a share has two decimals, an infinite latency is `never`."""
    if value is None:
        return "–"
    if math.isinf(value):
        return "never"
    if unit == "%":
        return f"{value:.2f} %"
    return f"{value:,.1f} {unit}"


def interval(slo: SloResult) -> str:
    """The 95 % interval of an SLO, `[low, high]`, or a dash where there is none."""
    if slo.low is None or slo.high is None:
        return "–"
    return f"[{quantity(slo.low, slo.unit)}, {quantity(slo.high, slo.unit)}]"


def result_text(result: GuaranteeResult) -> str:
    """A guarantee's result with what limits or explains it."""
    if result.result == "held":
        return "held" + (f", {result.qualifier}" if result.qualifier else "")
    if result.result == "broken":
        origin = f", implied by {', '.join(result.implied_by)}" if result.implied_by else ""
        return f"broken {number(result.violation_count)}×{origin}"
    return result.result + (f": {result.reason}" if result.reason else "")


def seconds(t_ns: int | None) -> str:
    """An instant of the run in seconds, or a dash."""
    return "–" if t_ns is None else f"{t_ns / 1e9:.3f} s"


def broken(verdict: Verdict) -> tuple[GuaranteeResult, ...]:
    """The broken guarantees, roots first."""
    found = [result for result in verdict.guarantees if result.result == "broken"]
    return tuple(sorted(found, key=lambda result: (bool(result.implied_by), result.name)))
