"""What a metric is, and how declared metrics become families that prometheus-client can write.

Names end in their unit, counters in `_total`; all times are seconds, as Prometheus wants them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family

Kind = Literal["counter", "gauge", "histogram"]


class Metric(Struct, frozen=True, kw_only=True):
    """One declaration.

    Attributes:
        labels: names of its labels, in the order in which their values are given.
        buckets: upper edges in s of a histogram, ascending; the last bucket, +Inf, is not named.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def by_name(metrics: Iterable[Metric]) -> Mapping[str, Metric]:
    """Name → declaration."""
    return {metric.name: metric for metric in metrics}


def numbers(metric: Metric, values: Iterable[tuple[Sequence[str], float]]) -> Family:
    """A counter or gauge as a family: (label values, value) for each series."""
    make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family: Family = make(metric.name, metric.help, labels=metric.labels)
    for labels, value in values:
        family.add_metric(list(labels), value)  # type: ignore[attr-defined]
    return family


def histogram(metric: Metric, values: Iterable[tuple[Sequence[str], Sequence[int], float]]) -> Family:
    """A histogram as a family: (label values, how many fell into each bucket, their sum in s) for each series.

    The counts are one more than the edges, and not cumulative: the family's are.
    """
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, counts, sum_s in values:
        seen, buckets = 0, []
        for edge, count in zip((*metric.buckets, float("inf")), counts, strict=True):
            seen += count
            buckets.append(("+Inf" if edge == float("inf") else str(edge), seen))
        family.add_metric(list(labels), buckets, sum_s)
    return family
