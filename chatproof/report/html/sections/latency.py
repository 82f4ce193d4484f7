"""How long things took, over the time of the run: acknowledgements of all sends, and the samples that SLOs judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from chatproof.checkers.evidence import bad_blocks
from chatproof.checkers.history.history import History
from chatproof.checkers.objectives import NS_PER_MS, Objective, Sample, objective_of
from chatproof.checkers.samples import NEEDS, Samples, samples_of
from chatproof.checkers.slos import sample_window
from chatproof.report.html.bands import Band, Span
from chatproof.report.html.charts import Limit, Line, Steps, latency_chart
from chatproof.report.html.parts import Cell, Figure, Key, Section, Table, count_cell, not_recorded
from chatproof.report.html.percentiles import Step, milliseconds, steps_of

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_ALL_SENDS = """
    SELECT o.intended_ns // 1000000000 AS block,
           CASE WHEN s.acked_ns IS NULL THEN 'infinity'::DOUBLE ELSE s.acked_ns - o.intended_ns END AS latency_ns
    FROM sends s JOIN operations o ON o.op = s.op
    WHERE s.expect = 'ok' AND o.intended_ns IS NOT NULL ORDER BY ALL"""
QUERIES = (_ALL_SENDS,)
_NEEDS = ("operations", "attempts", "phases")


class Judged(NamedTuple):
    """The samples of one kind that an SLO of the run judges, with that SLO."""

    objective: Objective
    samples: Samples


def latency(history: History, span: Span | None, bands: Sequence[Band]) -> Section:
    """Acknowledgement under everything that happened, then what the SLOs see: calm senders, calm receivers."""
    absent = [name for name in _NEEDS if not history.has(name)]
    if absent or span is None:
        return not_recorded("latency", "Latency over time", absent or ["phases"])
    lead = (
        "From the instant a send was due, not from when it was sent: a server that stalls cannot hide it."
        " Each step has the percentiles of what began in it; ▲ means never."
    )
    figures = [
        over_time("Acknowledged, every send", "Warm-up, and senders under a fault, included.", _all_sends(history),
                  span, bands),
        *judged_figure(history, "send_ack", span, bands, "Acknowledged, calm senders",
                       "What the SLO judges: the sender's link and the processes are under no fault."),
        *judged_figure(history, "delivery", span, bands, "Shown at the slowest calm device",
                       "Per message, from when it was due until every calm device that must show it did."),
    ]
    return Section("latency", "Latency over time", lead, figures)


def judged_figure(
    history: History, sample: Sample, span: Span, bands: Sequence[Band], title: str, caption: str
) -> Iterator[Figure]:
    """The figure of a kind of sample with its threshold, where the run has an SLO on it and the tables for it."""
    judged = judged_samples(history, sample)
    if judged is not None and judged.samples.latency_ns.size:
        yield over_time(title, caption, judged.samples, span, bands, judged.objective)


def judged_samples(history: History, sample: Sample) -> Judged | None:
    """What the judge took its value from; None without an SLO on the latency of such samples, or without tables."""
    objectives = [objective_of(document) for document in history.run.slos]
    objective = next((each for each in objectives if each.sample == sample and not each.as_ratio), None)
    if objective is None or not history.has(*NEEDS[sample]):
        return None
    window = sample_window(history, objective, sorted(bad_blocks(history)))
    return None if window is None else Judged(objective, samples_of(history.sql, sample, window))


def over_time(
    title: str, caption: str, samples: Samples, span: Span, bands: Sequence[Band], objective: Objective | None = None
) -> Figure:
    """Percentiles over time, as a figure with its numbers."""
    steps = steps_of(samples, span.step_s, tuple(QUANTILES.values()))
    lines = [Line(name, [step.values_ms[at] for step in steps]) for at, name in enumerate(QUANTILES)]
    marks = Steps([step.start_s for step in steps], [_label(step, span) for step in steps])
    svg = latency_chart(span, bands, marks, lines, _limits(objective))
    return Figure(title, caption, svg, [Key(name, name) for name in QUANTILES], _numbers(title, steps, samples))


def _all_sends(history: History) -> Samples:
    columns = history.sql.execute(_ALL_SENDS).fetchnumpy()
    return Samples(np.asarray(columns["latency_ns"], np.float64), np.asarray(columns["block"], np.int64))


def _limits(objective: Objective | None) -> Sequence[Limit]:
    if objective is None or objective.threshold_ns is None:
        return ()
    return (Limit(objective.threshold_ns / NS_PER_MS, objective.sentence),)


def _label(step: Step, span: Span) -> str:
    """What a step says under the pointer."""
    values = ", ".join(f"{name} {milliseconds(value)}" for name, value in zip(QUANTILES, step.values_ms, strict=True))
    never = f", {step.never:,} never" if step.never else ""
    return f"{step.start_s:.0f} to {step.start_s + span.step_s:.0f} s: {values}, of {step.samples:,}{never}"


def _numbers(title: str, steps: Sequence[Step], samples: Samples) -> Table:
    head = ("from", "samples", *QUANTILES, "never")
    caption = f"{title}: {samples.latency_ns.size:,} samples"
    return Table(caption, head, [_row(step) for step in steps])


def _row(step: Step) -> tuple[Cell, ...]:
    return (
        Cell(f"{step.start_s:.0f} s", f"{step.start_s:.0f}", form="number"), count_cell(step.samples),
        *(Cell(milliseconds(value), f"{value:.3f}", form="number") for value in step.values_ms),
        count_cell(step.never, "bad" if step.never else "faint"),
    )
