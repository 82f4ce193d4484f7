"""The summary that a person reads when a run is over."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from chatproof.checkers.results import GuaranteeResult, Verdict, Violation
from chatproof.report.pictures import picture_path
from chatproof.report.wording import broken, interval, number, quantity, result_text, seconds

_WORD_STYLE = {"pass": "bold green", "fail": "bold red", "inconclusive": "bold yellow", "invalid": "bold yellow"}
_RESULT_STYLE = {"held": "green", "broken": "red", "met": "green", "missed": "red"}
_SHOWN_COUNTER_EXAMPLES = 3


def print_verdict(verdict: Verdict, console: Console, run_dir: Path) -> None:
    """Print the verdict: sentence, claims and evidence, SLOs, faults, counter-examples, problems, replay command.

    `run_dir` is where the verdict was written.
    """
    console.print()
    console.print(Text(verdict.sentence, style=_WORD_STYLE[verdict.verdict]))
    console.print(Text(_totals(verdict), style="dim"))
    console.print(_guarantees(verdict))
    if verdict.slos:
        console.print(_slos(verdict))
        for slo in verdict.slos:
            if slo.reason:
                console.print(Text(f"  {slo.name}: {slo.reason}", style="dim"))
    if verdict.faults:
        console.print(_faults(verdict))
    for result in broken(verdict)[:_SHOWN_COUNTER_EXAMPLES]:
        console.print(_counter_example(result, run_dir), soft_wrap=True)
    for fault in verdict.unavailable:
        console.print(Text(f"  unavailable: {fault}", style="dim"), soft_wrap=True)
    for problem in (*verdict.evidence_problems, *verdict.load_problems):
        console.print(Text(f"! {problem}", style="yellow"))
    console.print(Text("again: ", style="dim").append(verdict.replay, style=""), soft_wrap=True)


def _totals(verdict: Verdict) -> str:
    """The totals in one line."""
    return " · ".join(f"{number(count)} {name.replace('_', ' ')}" for name, count in verdict.totals.items())


def _guarantees(verdict: Verdict) -> Table:
    """Claims and evidence."""
    table = Table(
        "guarantee", "result", "opportunities", "minimum", box=None, title="Claims and evidence", title_justify="left"
    )
    for result in verdict.guarantees:
        style = _RESULT_STYLE.get(result.result, "yellow")
        table.add_row(
            result.name, Text(result_text(result), style=style), number(result.opportunities), number(result.minimum)
        )
    return table


def _slos(verdict: Verdict) -> Table:
    """The SLOs with their bounds."""
    table = Table(
        "SLO", "objective", "value", "95 % interval", "samples", "result", box=None, title="SLOs", title_justify="left"
    )
    for slo in verdict.slos:
        style = _RESULT_STYLE.get(slo.result, "yellow")
        table.add_row(
            slo.name,
            slo.objective,
            quantity(slo.value, slo.unit),
            interval(slo),
            number(slo.samples),
            Text(slo.result, style=style),
        )
    return table


def _faults(verdict: Verdict) -> Table:
    """The faults as they went, one row per target."""
    table = Table(
        "fault", "on", "from", "effect seen", "until", "evidence", box=None, title="Faults", title_justify="left"
    )
    for fault in verdict.faults:
        table.add_row(
            fault.kind,
            fault.target,
            seconds(fault.start_confirmed_ns),
            seconds(fault.effect_seen_ns),
            seconds(fault.stop_confirmed_ns),
            escape(fault.evidence),
        )
    return table


def _counter_example(result: GuaranteeResult, run_dir: Path) -> Group:
    """The first violation of a broken guarantee: a sentence, its events (the needed ones marked), where it is drawn."""
    violation: Violation = result.violations[0]
    heading = Text(f"\n{result.name}: ", style="bold red").append(violation.sentence, style="default")
    lines = [
        Text(
            f"{seconds(witness.t_ns):>12} {'●' if witness.needed else ' '} {witness.lane:<14} {witness.text}",
            style="default" if witness.needed else "dim",
        )
        for witness in violation.witnesses
    ]
    faults = [Text(f"  active faults: {', '.join(violation.faults)}", style="dim")] if violation.faults else []
    return Group(heading, *lines, *faults, Text(f"  drawn: {picture_path(run_dir, result.name, 1)}", style="dim"))
