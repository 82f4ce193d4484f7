"""What two verdicts say of the same things: guarantees, SLOs with their intervals, totals."""

from __future__ import annotations

from chatproof.checkers.results import GuaranteeResult, SloResult, Verdict
from chatproof.report.comparison import Change, Comparison, SloPair
from chatproof.report.html.charts import Measure, budget_chart
from chatproof.report.html.parts import Cell, Figure, Key, Section, Table, Tone, count_cell
from chatproof.report.html.sections.slos import interval_cell, is_judged, measure
from chatproof.report.wording import number, quantity, result_text

_TONES: dict[Change, Tone] = {"worse": "bad", "better": "good", "unclear": "open", "same": "faint"}
_WORDS: dict[Change, str] = {
    "worse": "worse", "better": "better", "unclear": "cannot be told", "same": "no difference beyond noise",
}


def changes(compared: Comparison) -> tuple[Section, ...]:
    """The sections of the page that compares."""
    return (_runs(compared), _guarantees(compared), _slos(compared))


def _runs(compared: Comparison) -> Section:
    rows = [
        (Cell(name), Cell(a, form="code"), Cell(b, form="code"))
        for (name, a), (_, b) in zip(_told(compared.before), _told(compared.after), strict=True)
    ]
    names = dict.fromkeys([*compared.before.totals, *compared.after.totals])
    totals = [
        (Cell(name.replace("_", " ")), *(count_cell(verdict.totals.get(name, 0)) for verdict in compared[:2]))
        for name in names
    ]
    return Section("runs", "The two runs", " ".join(compared.caveats), tables=[
        Table("Runs", ("what", "before", "after"), rows),
        Table("Totals", ("total", "before", "after"), totals, is_folded=True),
    ])


def _told(verdict: Verdict) -> list[tuple[str, str]]:
    return [
        ("run", verdict.run_id), ("verdict", verdict.verdict), ("scenario", verdict.scenario),
        ("target", verdict.target), ("seed", str(verdict.seed)), ("again", verdict.replay),
    ]


def _guarantees(compared: Comparison) -> Section:
    rows = [
        (Cell(pair.name, form="code"), _result(pair.before), _result(pair.after),
         Cell("same" if pair.change == "same" else _WORDS[pair.change], tone=_TONES[pair.change]))
        for pair in compared.guarantees
    ]
    lead = "Worse: broken now, and not broken before. Cannot be told: one of the two runs gives no evidence."
    return Section("guarantees", "Guarantees", lead, tables=[
        Table("Guarantees", ("guarantee", "before", "after", "change"), rows)
    ])


def _slos(compared: Comparison) -> Section:
    if not compared.slos:
        return Section("slos", "SLOs", absent="Not recorded: neither run has an SLO.")
    rows = [
        (Cell(pair.name, form="code"), *_values(pair.before), *_values(pair.after),
         Cell(_WORDS[pair.change], tone=_TONES[pair.change]))
        for pair in compared.slos
    ]
    head = ("SLO", "before", "95 % interval", "after", "95 % interval", "change")
    lead = "Worse or better only where the two intervals do not overlap."
    measures = [each for pair in compared.slos for each in _measures(pair)]
    figures = [Figure(
        "How much of what is allowed was used", "Before above after; left of the dashed line an objective is met.",
        budget_chart(measures), [Key("due", "before"), Key("acked", "after")],
    )] if measures else []
    return Section("slos", "SLOs", lead, figures, [Table("SLOs", head, rows)])


def _measures(pair: SloPair) -> list[Measure]:
    both = ((pair.before, "before", "due"), (pair.after, "after", "acked"))
    return [
        measure(slo)._replace(name=f"{pair.name}, {when}", tone=colour)
        for slo, when, colour in both if slo is not None and is_judged(slo)
    ]


def _result(result: GuaranteeResult | None) -> Cell:
    if result is None:
        return Cell("not judged", tone="faint")
    return Cell(result_text(result), note=f"{number(result.opportunities)} opportunities")


def _values(slo: SloResult | None) -> tuple[Cell, Cell]:
    if slo is None:
        return (Cell("–", form="number"), Cell("–", form="number"))
    return (
        Cell(quantity(slo.value, slo.unit), "" if slo.value is None else str(slo.value), form="number"),
        interval_cell(slo),
    )
