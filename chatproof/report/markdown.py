"""summary.md: the verdict for a pull request or a job summary."""

from __future__ import annotations

from collections.abc import Iterable

from chatproof.checkers.results import Verdict, Violation
from chatproof.report.wording import broken, interval, number, quantity, result_text, seconds


def markdown_summary(verdict: Verdict) -> str:
    """The whole verdict as GitHub-flavoured Markdown, ending in a newline."""
    parts = [f"# {verdict.sentence}", _table(("total", "count"), _totals(verdict))]
    parts += [
        "## Claims and evidence",
        _table(("guarantee", "result", "opportunities", "minimum"), _guarantees(verdict)),
    ]
    if verdict.slos:
        parts += [
            "## SLOs",
            _table(("SLO", "objective", "value", "95 % interval", "samples", "result"), _slos(verdict)),
        ]
        parts += ["\n".join(f"- {slo.name}: {slo.reason}" for slo in verdict.slos if slo.reason)]
    if verdict.faults:
        parts += ["## Faults", _table(("fault", "on", "from", "effect seen", "until", "evidence"), _faults(verdict))]
    if verdict.unavailable:
        parts += ["Unavailable at this target:", "\n".join(f"- {fault}" for fault in verdict.unavailable)]
    parts += [_counter_example(result.name, result.violations[0]) for result in broken(verdict) if result.violations]
    problems = (*verdict.evidence_problems, *verdict.load_problems)
    if problems:
        parts += ["## Problems", "\n".join(f"- {problem}" for problem in problems)]
    parts.append(f"Again: `{verdict.replay}`")
    return "\n\n".join(part for part in parts if part) + "\n"


def _totals(verdict: Verdict) -> Iterable[tuple[str, ...]]:
    return ((name.replace("_", " "), number(count)) for name, count in verdict.totals.items())


def _guarantees(verdict: Verdict) -> Iterable[tuple[str, ...]]:
    return (
        (f"`{result.name}`", result_text(result), number(result.opportunities), number(result.minimum))
        for result in verdict.guarantees
    )


def _slos(verdict: Verdict) -> Iterable[tuple[str, ...]]:
    return (
        (slo.name, slo.objective, quantity(slo.value, slo.unit), interval(slo), number(slo.samples), slo.result)
        for slo in verdict.slos
    )


def _faults(verdict: Verdict) -> Iterable[tuple[str, ...]]:
    return (
        (
            fault.kind,
            fault.target,
            seconds(fault.start_confirmed_ns),
            seconds(fault.effect_seen_ns),
            seconds(fault.stop_confirmed_ns),
            fault.evidence,
        )
        for fault in verdict.faults
    )


def _counter_example(name: str, violation: Violation) -> str:
    lines = [f"{seconds(witness.t_ns):>12}  {witness.lane:<14} {witness.text}" for witness in violation.witnesses]
    return "\n".join([f"## `{name}`", "", violation.sentence, "", "```", *lines, "```"])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; pipes inside cells are escaped."""
    body = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *body])
