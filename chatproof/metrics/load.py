"""The metrics of the load, one series per plane: what the plane counted by itself, apart from what it recorded.

All values of one plane belong together: they are as of its row `chatproof_load_rows_total`, so the rows of its
history up to that one, counted, must give the same numbers.
"""

from __future__ import annotations

from chatproof.metrics.metric import Metric, by_name

LATENCY_EDGES_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
"""An edge on every threshold of an SLO, so that no share of good samples is interpolated."""


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"chatproof_load_{name}", kind="counter", help=text, labels=("worker", *labels))


def _gauge(name: str, text: str) -> Metric:
    return Metric(name=f"chatproof_load_{name}", kind="gauge", help=text, labels=("worker",))


def _latency(name: str, text: str) -> Metric:
    return Metric(
        name=f"chatproof_load_{name}_seconds", kind="histogram", help=text, labels=("worker",),
        buckets=LATENCY_EDGES_S,
    )


ROWS = _counter("rows_total", "Rows of the history that the plane has recorded; every other value is as of this one.")
AS_OF = _gauge("as_of_seconds", "When these values were taken, since the run's origin.")
INTENDED = _counter("intended_total", "Scheduled actions that were due.")
SENDS = _counter("sends_total", "Sends that were begun.")
SENDS_ENDED = _counter("sends_ended_total", "Sends that have their final outcome: ok, fail or unknown.", "outcome")
ARRIVALS = _counter("arrivals_total", "Events that arrived, before the client's own dedupe and repair.")
UNSETTLED = _gauge("unsettled_operations", "Operations whose outcome is unknown so far; resolve asks them again.")
LIVE = _gauge("live_devices", "Devices with a session that is live on every conversation that they follow.")
LAG = _gauge("lag_p99_seconds", "How late scheduled actions were started, p99 of the last whole second.")
STALL = _gauge("stall_max_seconds", "The longest that the plane's event loop stood still in the last whole second.")
CPU = _gauge("cpu_ratio", "Share of a core that the plane used in the last whole second.")
SEND_ACK = _latency(
    "send_ack", "From the instant a send was due to its first ack; what failed is only in the bucket +Inf."
)
DELIVERY = _latency("delivery", "From the instant a message was due to a device of another user showing it.")
PRESENCE = _latency("presence", "From the beginning of a change of a user's presence to a watcher being told of it.")
CAUGHT_UP = _latency("caught_up", "From the accepted hello to the head, of sessions that came back behind it.")

LOAD: tuple[Metric, ...] = (
    ROWS, AS_OF, INTENDED, SENDS, SENDS_ENDED, ARRIVALS, UNSETTLED, LIVE, LAG, STALL, CPU, SEND_ACK, DELIVERY,
    PRESENCE, CAUGHT_UP,
)  # fmt: skip
BY_NAME = by_name(LOAD)
