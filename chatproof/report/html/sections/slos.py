"""The SLOs: values with their bounds, and how much of what is allowed was used."""

from __future__ import annotations

import math

from chatproof.checkers.results import SloResult, Verdict
from chatproof.report.html.charts import Measure, budget_chart
from chatproof.report.html.parts import Cell, Figure, Section, Table, Tone, count_cell
from chatproof.report.wording import interval, quantity

_TONES: dict[str, Tone] = {"met": "good", "missed": "bad"}
_UNJUDGED = ("too few samples", "void")


def slos(verdict: Verdict) -> Section:
    """Every SLO of the run; the figure has those that were judged."""
    if not verdict.slos:
        return Section("slos", "SLOs", absent="Not recorded: no SLO was judged.")
    lead = (
        "Met or missed only where the whole 95 % interval (block bootstrap over seconds) is on one side of the"
        " threshold. Samples begin in calm weather; what a fault touches is told apart."
    )
    judged = [slo for slo in verdict.slos if is_judged(slo)]
    figures = [_figure(judged)] if judged else []
    return Section("slos", "SLOs", lead, figures, [_table(verdict)])


def is_judged(slo: SloResult) -> bool:
    """Whether it has a value and an interval."""
    return slo.result not in _UNJUDGED


def interval_cell(slo: SloResult) -> Cell:
    """The interval; for machines, its two bounds."""
    whole = slo.low is not None and slo.high is not None
    return Cell(interval(slo), f"{slo.low} {slo.high}" if whole else "", form="number")


def _table(verdict: Verdict) -> Table:
    head = ("SLO", "objective", "value", "95 % interval", "samples", "seconds", "result")
    return Table("SLOs", head, [_row(slo) for slo in verdict.slos])


def _row(slo: SloResult) -> tuple[Cell, ...]:
    return (
        Cell(slo.name, note=slo.reason, form="code"),
        Cell(slo.objective),
        Cell(quantity(slo.value, slo.unit), "" if slo.value is None else str(slo.value), form="number"),
        interval_cell(slo),
        count_cell(slo.samples),
        count_cell(slo.blocks, "faint"),
        Cell(slo.result, tone=_TONES.get(slo.result, "open")),
    )


def _figure(judged: list[SloResult]) -> Figure:
    return Figure(
        "How much of what is allowed was used",
        "Of a latency, the value as a share of its threshold; of a ratio, the misses as a share of those allowed."
        " Left of the dashed line an objective is met; what is beyond 150 % is drawn there.",
        budget_chart([measure(slo) for slo in judged]),
    )


def measure(slo: SloResult) -> Measure:
    """An SLO that was judged, as shares of what its objective allows."""
    shares = sorted(_used(slo, bound) for bound in (slo.low, slo.high))
    value = _used(slo, slo.value)
    label = f"{slo.name}: {quantity(slo.value, slo.unit)} {interval(slo)}, {slo.result}"
    return Measure(slo.name, value, shares[0], shares[1], _TONES.get(slo.result) or "open", label)


def _used(slo: SloResult, value: float | None) -> float:
    """Value or misses, as a share of what the objective allows; never is infinite."""
    if value is None:
        return math.inf
    if slo.unit == "%":
        allowed = 100.0 - slo.threshold
        return (100.0 - value) / allowed if allowed else (0.0 if value >= 100.0 else math.inf)
    return value / slo.threshold if slo.threshold else math.inf
