"""The load's metrics over HTTP, for Prometheus: what the planes last said of themselves, served by the gate.

It costs the planes nothing: they tell their totals once a second anyway. A thread of the gate answers scrapes, also
while a finished run is merged and judged, so that the last totals can be fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric as Family

from chatproof.backends.ports import LOOPBACK
from chatproof.gate.errors import EnvironmentNotReady
from chatproof.loadtests.control import Progress
from chatproof.loadtests.tally import Distribution
from chatproof.metrics import load
from chatproof.metrics.metric import Metric, histogram, numbers

NS = 1e9

_NUMBERS: tuple[tuple[Metric, Callable[[Progress], float]], ...] = (
    (load.ROWS, lambda said: said.tally.rec),
    (load.AS_OF, lambda said: said.t_ns / NS),
    (load.INTENDED, lambda said: said.intended),
    (load.SENDS, lambda said: said.tally.sends),
    (load.ARRIVALS, lambda said: said.tally.arrivals),
    (load.UNSETTLED, lambda said: said.unknown),
    (load.LIVE, lambda said: said.live_devices),
    (load.LAG, lambda said: said.tally.lag_p99_ns / NS),
    (load.STALL, lambda said: said.tally.stall_max_ns / NS),
    (load.CPU, lambda said: said.tally.cpu_pct / 100),
)
_LATENCIES: tuple[tuple[Metric, Callable[[Progress], Distribution]], ...] = (
    (load.SEND_ACK, lambda said: said.tally.send_ack),
    (load.DELIVERY, lambda said: said.tally.delivery),
    (load.PRESENCE, lambda said: said.tally.presence),
    (load.CAUGHT_UP, lambda said: said.tally.caught_up),
)


class LoadMetrics:
    """What the planes last said, as metrics; assign `progress` once there is a coordinator to ask.

    See `prometheus_client.registry.Collector`. One scrape asks once, so all of its numbers belong together.
    """

    def __init__(self) -> None:
        self.progress: Callable[[], Sequence[Progress]] = tuple

    def collect(self) -> Iterable[Family]:
        """Every declared family, with a series per plane that has said something."""
        said = self.progress()
        for metric, number in _NUMBERS:
            yield numbers(metric, [((str(each.worker),), number(each)) for each in said])
        yield numbers(
            load.SENDS_ENDED,
            [((str(each.worker), outcome), count) for each in said for outcome, count in each.tally.ended.items()],
        )
        for metric, latency in _LATENCIES:
            yield histogram(
                metric,
                [((str(each.worker),), latency(each).counts, latency(each).total_ms / 1000) for each in said],
            )


@contextmanager
def exposed(port: int | None) -> Iterator[LoadMetrics]:
    """Serve the metrics on this port of the loopback interface inside the block; None: serve nothing.

    Raises `EnvironmentNotReady` where the port is taken.
    """
    metrics = LoadMetrics()
    if port is None:
        yield metrics
        return
    registry = CollectorRegistry(auto_describe=False)
    registry.register(metrics)
    try:
        server, thread = start_http_server(port, LOOPBACK, registry)
    except OSError as error:
        raise EnvironmentNotReady(f"Port {port} cannot serve the metrics: {error.strerror}.") from error
    try:
        yield metrics
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
