"""The SLOs as code: loads and validates the OpenSLO v1 documents in `slos/`, the only place with thresholds.

    OpenSloError        a document cannot be read, or is not the OpenSLO that we use
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

SLO_DIRECTORY = Path(__file__).resolve().parent / "slos"
Name = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]


class OpenSloError(Exception):
    """An SLO document that cannot be used; the message is one sentence that names the file."""


class Metadata(Struct, frozen=True, forbid_unknown_fields=True):
    """Name and annotations; `chatproof.dev/minimum-samples` and `-blocks` say below what nothing is concluded."""

    name: Name
    displayName: str = ""
    annotations: dict[str, str] = {}


class SampleSource(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which sample of a history is meant; `within_ms`: only those below it (without: all that are finite)."""

    sample: Literal["send_ack", "delivery", "presence", "caught_up"]
    unit: Literal["ms"] = "ms"
    within_ms: Annotated[int, Meta(gt=0)] | None = None


class MetricSource(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the data come from: always a recorded history."""

    type: Literal["chatproof-history"]
    spec: SampleSource


class Metric(Struct, frozen=True, forbid_unknown_fields=True):
    """One metric of an indicator."""

    metricSource: MetricSource


class RatioMetric(Struct, frozen=True, forbid_unknown_fields=True):
    """Good samples of all samples."""

    good: Metric
    total: Metric
    counter: bool = True


class IndicatorSpec(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Either a latency compared with the objective's value, or a ratio compared with its target."""

    thresholdMetric: Metric | None = None
    ratioMetric: RatioMetric | None = None


class Indicator(Struct, frozen=True, forbid_unknown_fields=True):
    """What is measured."""

    metadata: Metadata
    spec: IndicatorSpec


class TimeWindow(Struct, frozen=True, forbid_unknown_fields=True):
    """The window for dashboards and alerts; a gate evaluates its own run."""

    duration: Annotated[str, Meta(pattern=r"^[1-9][0-9]*[mhdwMQY]$")]
    isRolling: bool


class Objective(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A fraction `target` of the samples is below `value` (ms), or is good."""

    displayName: Annotated[str, Meta(min_length=1)]
    target: Annotated[float, Meta(gt=0, lt=1)]
    op: Literal["lt"] | None = None
    value: Annotated[float, Meta(gt=0)] | None = None


class Spec(Struct, frozen=True, forbid_unknown_fields=True):
    """One SLO."""

    description: str
    service: Name
    indicator: Indicator
    timeWindow: Annotated[tuple[TimeWindow, ...], Meta(min_length=1, max_length=1)]
    budgetingMethod: Literal["Occurrences"]
    objectives: Annotated[tuple[Objective, ...], Meta(min_length=1, max_length=1)]


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """An OpenSLO v1 document of kind SLO."""

    apiVersion: Literal["openslo/v1"]
    kind: Literal["SLO"]
    metadata: Metadata
    spec: Spec


def load_slos(directory: Path = SLO_DIRECTORY) -> tuple[dict[str, Any], ...]:
    """Every SLO of a directory as a plain dict, by file name. Raises `OpenSloError`, also where there is none."""
    paths = sorted(directory.glob("*.yaml"))
    if not paths:
        raise OpenSloError(f"{directory} has no SLO documents")
    return tuple(msgspec.to_builtins(load_slo(path)) for path in paths)


def load_slo(path: Path) -> Document:
    """One SLO document; its name is that of its file. Raises `OpenSloError`."""
    try:
        document = msgspec.convert(yaml.safe_load(path.read_text("utf-8")), Document)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise OpenSloError(f"{path.name} cannot be read: {problem}") from problem
    except msgspec.ValidationError as problem:
        raise OpenSloError(f"{path.name} is no OpenSLO document of ours: {problem}") from problem
    _check(path, document)
    return document


def _check(path: Path, document: Document) -> None:
    """What types alone do not say."""
    metric, objective = document.spec.indicator.spec, document.spec.objectives[0]
    if document.metadata.name != path.stem:
        raise OpenSloError(f"{path.name} has the name {document.metadata.name}: it must be that of its file")
    if (metric.thresholdMetric is None) == (metric.ratioMetric is None):
        raise OpenSloError(f"{path.name} must have either a thresholdMetric or a ratioMetric")
    if {objective.value is not None, objective.op is not None} != {metric.thresholdMetric is not None}:
        raise OpenSloError(f"{path.name}: op and value belong to a thresholdMetric, and a thresholdMetric has both")
