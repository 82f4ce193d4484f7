"""What a plane has counted since its start, by itself: its rows of the history, counted, must say the same."""

from __future__ import annotations

from msgspec import Struct


class Distribution(Struct, frozen=True):
    """A latency histogram since the start.

    Attributes:
        counts: per bucket of `metrics.load.LATENCY_EDGES_S`; one more for what is above every edge, or never came.
        total_ms: sum of the latencies that are known.
    """

    counts: tuple[int, ...]
    total_ms: int


class Tally(Struct, frozen=True, kw_only=True):
    """Counts as of the plane's row `rec`: no row came between the first number and the last.

    Attributes:
        ended: outcome → sends that have it for good.
        arrivals: raw arrivals, shown or not.
        lag_p99_ns, stall_max_ns, cpu_pct: health of the last whole second, 0 before there is one.
    """

    rec: int
    sends: int
    ended: dict[str, int]
    arrivals: int
    send_ack: Distribution
    delivery: Distribution
    presence: Distribution
    caught_up: Distribution
    lag_p99_ns: int
    stall_max_ns: int
    cpu_pct: float
