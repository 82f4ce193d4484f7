"""Claims and evidence, and the counter-examples of what is broken: verdict.json as it stands."""

from __future__ import annotations

from typing import NamedTuple

from chatproof.checkers.lanes import draw
from chatproof.checkers.results import GuaranteeResult, Verdict, Violation
from chatproof.report.html.parts import Cell, Section, Table, Tone, count_cell
from chatproof.report.wording import broken, number, seconds

_TONES: dict[str, Tone] = {"held": "good", "broken": "bad"}


class CounterExample(NamedTuple):
    """One violation of a guarantee: in words, as lanes, and event by event."""

    anchor: str
    guarantee: str
    order: int
    of: int
    sentence: str
    faults: str
    svg: str
    events: Table


def claims(verdict: Verdict) -> Section:
    """Every guarantee with its result and the evidence that it rests on; what is broken stands first."""
    known = {result.name for result in broken(verdict)}
    results = [*broken(verdict), *(result for result in verdict.guarantees if result.name not in known)]
    lead = (
        "A guarantee is held only where it could have been broken: an opportunity is a chance to break it that really"
        " occurred, and fewer than the minimum prove nothing."
    )
    head = ("guarantee", "result", "opportunities", "minimum", "violations", "judged in")
    return Section("claims", "Claims and evidence", lead, tables=[
        Table("Guarantees", head, [_guarantee(result) for result in results])
    ])


def counter_examples(verdict: Verdict) -> tuple[CounterExample, ...]:
    """All violations that the verdict tells, those of roots first."""
    return tuple(
        _counter_example(result, order, violation, verdict)
        for result in broken(verdict) for order, violation in enumerate(result.violations, 1)
    )


def _guarantee(result: GuaranteeResult) -> tuple[Cell, ...]:
    link = f"{result.name}-1" if result.violations else ""
    return (
        Cell(result.name, note=result.sentence, form="code", link=link),
        Cell(result.result, note=_note(result), tone=_TONES.get(result.result, "open")),
        count_cell(result.opportunities),
        count_cell(result.minimum, "faint"),
        count_cell(result.violation_count, "bad" if result.violation_count else "faint"),
        Cell(f"{result.seconds:.2f} s", str(result.seconds), tone="faint", form="number"),
    )


def _note(result: GuaranteeResult) -> str:
    """What limits or explains a result."""
    implied = f"implied by {', '.join(result.implied_by)}" if result.implied_by else ""
    return "; ".join(part for part in (result.qualifier, result.reason, implied) if part)


def _counter_example(result: GuaranteeResult, order: int, violation: Violation, verdict: Verdict) -> CounterExample:
    return CounterExample(
        f"{result.name}-{order}", result.name, order, len(result.violations), violation.sentence,
        ", ".join(violation.faults), draw(result.name, violation, verdict.faults, verdict.replay), _events(violation),
    )


def _events(violation: Violation) -> Table:
    rows = [
        (
            Cell(seconds(event.t_ns), str(event.t_ns), form="number"), Cell(event.lane), Cell(event.text),
            Cell("yes" if event.needed else "no", tone="" if event.needed else "faint"),
        )
        for event in violation.witnesses
    ]
    return Table(f"{number(len(rows))} events", ("at", "where", "what", "needed"), rows)
