"""`/metrics`: what the roles count, in the Prometheus text format, collected only when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from chatproof.reference_server.roles.gateway.latency import UPPER_NS, AckTimes

Statistics = Callable[[], Mapping[str, float]]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """A registry of its own over the statistics of each part; names ending in `_total` are counters.

    Args:
        parts: part → its statistics; the metric is named `chatproof_<part>_<name>`.
        ack_times: becomes the histogram `chatproof_send_ack_seconds`.
    """

    def __init__(self, parts: Mapping[str, Statistics], ack_times: AckTimes) -> None:
        self._parts = parts
        self._ack_times = ack_times
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def exposition(self) -> bytes:
        """All metrics as text."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """See `prometheus_client.registry.Collector`."""
        for part, statistics in self._parts.items():
            for name, value in statistics().items():
                yield _family(f"chatproof_{part}_{name}", value)
        yield self._ack_histogram()

    def _ack_histogram(self) -> Metric:
        buckets: list[tuple[str, float]] = []
        seen = 0
        for upper, count in zip((*UPPER_NS, None), self._ack_times.counts, strict=True):
            seen += count
            buckets.append(("+Inf" if upper is None else str(upper / 1e9), seen))
        family = HistogramMetricFamily("chatproof_send_ack_seconds", "From a send's arrival to its acknowledgement.")
        family.add_metric([], buckets, self._ack_times.sum_ns / 1e9)
        return family


def _family(name: str, value: float) -> Metric:
    text = name.removeprefix("chatproof_").replace("_", " ")
    if name.endswith("_total"):
        return CounterMetricFamily(name, text, value=value)
    return GaugeMetricFamily(name, text, value=value)
