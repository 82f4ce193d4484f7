"""An objective as the judge needs it, read from the OpenSLO document that the run keeps."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from chatproof.checkers.history.errors import HistoryError

NS_PER_MS = 1_000_000
Sample = Literal["send_ack", "delivery", "presence", "caught_up"]
_MINIMUM_SAMPLES, _MINIMUM_BLOCKS = "chatproof.dev/minimum-samples", "chatproof.dev/minimum-blocks"


class Objective(NamedTuple):
    """A fraction `target` of the samples must be below `threshold_ns` (None: be finite at all).

    Attributes:
        sentence: the objective as people say it.
        as_ratio: reported as the share of good samples; otherwise as the latency that `target` of the samples keep.
        minimum_samples, minimum_blocks: with fewer, nothing is concluded.
    """

    name: str
    sentence: str
    sample: Sample
    threshold_ns: int | None
    target: float
    as_ratio: bool
    minimum_samples: int
    minimum_blocks: int


class _Source(Struct):
    sample: Sample
    within_ms: int | None = None


class _MetricSource(Struct):
    spec: _Source


class _Metric(Struct):
    metricSource: _MetricSource


class _Ratio(Struct):
    good: _Metric


class _Measure(Struct):
    thresholdMetric: _Metric | None = None
    ratioMetric: _Ratio | None = None


class _Indicator(Struct):
    spec: _Measure


class _Target(Struct):
    displayName: str
    target: float
    value: float | None = None


class _Spec(Struct):
    indicator: _Indicator
    objectives: list[_Target]


class _Metadata(Struct):
    name: str
    annotations: dict[str, str] = {}


class _Document(Struct):
    metadata: _Metadata
    spec: _Spec


def objective_of(document: dict[str, Any]) -> Objective:
    """Read one OpenSLO document. Raises `HistoryError` where it is none that can be judged."""
    try:
        read = msgspec.convert(document, _Document)
        (target,), notes = read.spec.objectives, read.metadata.annotations
        source, within_ms = _source(read.spec.indicator.spec, target)
        return Objective(
            read.metadata.name, target.displayName, source.sample,
            None if within_ms is None else int(within_ms * NS_PER_MS), target.target,
            read.spec.indicator.spec.thresholdMetric is None,
            int(notes.get(_MINIMUM_SAMPLES, "1")), int(notes.get(_MINIMUM_BLOCKS, "1")),
        )
    except (msgspec.ValidationError, ValueError) as problem:
        raise HistoryError(f"run.json, slos: a document cannot be judged: {problem}") from problem


def _source(measure: _Measure, target: _Target) -> tuple[_Source, float | None]:
    """Which sample, and below how many ms it is good."""
    if measure.thresholdMetric is not None and target.value is not None:
        return measure.thresholdMetric.metricSource.spec, target.value
    if measure.ratioMetric is not None:
        good = measure.ratioMetric.good.metricSource.spec
        return good, good.within_ms
    raise ValueError("it has neither a threshold with a value nor a ratio")
