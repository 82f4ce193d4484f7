"""What was broken when, beside the phases of the run, and who saw it."""

from __future__ import annotations

from chatproof.checkers.history.history import History
from chatproof.checkers.results import FaultResult, Verdict
from chatproof.report.html.charts import Bar, rows_chart
from chatproof.report.html.parts import Cell, Figure, Key, Section, Table
from chatproof.report.wording import seconds

_ROOM = 0.06
"""A phase that takes this share of the run has its name written on it."""


def faults(verdict: Verdict, history: History) -> Section:
    """The time line of the run, and a row for each fault and target."""
    lead = (
        "A fault counts when its start and its end are confirmed and a probe from outside saw its effect; one that"
        " nobody saw makes a run invalid."
    )
    phases = _phases(history)
    bars = [*phases, *(_bar(fault, _end_s(phases)) for fault in verdict.faults if fault.start_confirmed_ns is not None)]
    figure = Figure(
        "The run", "Phases, and faults on the row of what they hit; the tick is when the probe saw the effect.",
        rows_chart(bars, _end_s(bars)), [Key("phase", "phase"), Key("fault-ink", "fault")],
    )
    table = Table(
        "Faults", ("fault", "on", "from", "effect seen", "until", "lasted", "evidence"),
        [_row(fault) for fault in verdict.faults],
    )
    figures, tables = [figure] if phases else [], [table] if verdict.faults else []
    absent = "" if figures or tables else "Not recorded: this run has neither phases nor faults."
    return Section("faults", "Faults", lead if verdict.faults else "This run had no fault.", figures, tables, absent)


def _phases(history: History) -> list[Bar]:
    if not history.has("phases"):
        return []
    rows = history.rows("SELECT phase, start_ns, end_ns FROM phases WHERE end_ns IS NOT NULL ORDER BY start_ns")
    least_ns = _ROOM * max((end for _, _, end in rows), default=0)
    return [_phase(phase.replace("_", "-"), start, end, least_ns) for phase, start, end in rows]


def _phase(phase: str, start_ns: int, end_ns: int, least_ns: float) -> Bar:
    label = f"{phase}: {seconds(start_ns)} to {seconds(end_ns)}"
    text = phase if end_ns - start_ns >= least_ns else ""
    return Bar("phases", start_ns / 1e9, end_ns / 1e9, "phase", label, text=text)


def _end_s(bars: list[Bar]) -> float:
    return max((bar.end_s for bar in bars), default=1.0)


def _bar(fault: FaultResult, end_s: float) -> Bar:
    start_s = (fault.start_confirmed_ns or 0) / 1e9
    stop_s = end_s if fault.stop_confirmed_ns is None else fault.stop_confirmed_ns / 1e9
    seen_s = None if fault.effect_seen_ns is None else fault.effect_seen_ns / 1e9
    label = f"{fault.kind} of {fault.target}: {seconds(fault.start_confirmed_ns)} to {seconds(fault.stop_confirmed_ns)}"
    return Bar(fault.target, start_s, stop_s, "fault-ink", label, seen_s)


def _row(fault: FaultResult) -> tuple[Cell, ...]:
    start, stop = fault.start_confirmed_ns, fault.stop_confirmed_ns
    lasted = None if start is None or stop is None else stop - start
    instants = (start, fault.effect_seen_ns, stop, lasted)
    return (
        Cell(fault.kind), Cell(fault.target, form="code"),
        *(Cell(seconds(at), "" if at is None else str(at), form="number") for at in instants),
        Cell(fault.evidence, tone="faint"),
    )
