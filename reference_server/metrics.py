"""`/metrics`: what the roles count, in the Prometheus text format, collected only when somebody asks.

The names stand in `chatproof.metrics.server`; a statistic that is not declared there is a mistake of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric

from chatproof.metrics.metric import histogram, numbers
from chatproof.metrics.server import BY_NAME, SEND_ACK
from chatproof.reference_server.roles.gateway.latency import AckTimes

Statistics = Callable[[], Mapping[str, float]]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """A registry of its own over the statistics of each part, and prometheus-client's own `process_…` beside them.

    Args:
        parts: part → its statistics; the metric is named `chatproof_<part>_<name>`.
        ack_times: becomes the histogram of acknowledgements.
    """

    def __init__(self, parts: Mapping[str, Statistics], ack_times: AckTimes) -> None:
        self._parts = parts
        self._ack_times = ack_times
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def exposition(self) -> bytes:
        """All metrics as text."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """See `prometheus_client.registry.Collector`."""
        for part, statistics in self._parts.items():
            for name, value in statistics().items():
                yield numbers(BY_NAME[f"chatproof_{part}_{name}"], [((), value)])
        yield histogram(SEND_ACK, [((), self._ack_times.counts, self._ack_times.sum_ns / 1e9)])
