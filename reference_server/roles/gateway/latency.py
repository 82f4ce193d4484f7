"""Times from a send's arrival to its acknowledgement, as counts in fixed buckets."""

from __future__ import annotations

from bisect import bisect_left

from chatproof.metrics.server import SEND_ACK

UPPER_NS: tuple[int, ...] = tuple(round(edge_s * 1e9) for edge_s in SEND_ACK.buckets)
"""Inclusive upper ends of the buckets; what is above the last is counted in one more."""


class AckTimes:
    """Counts per bucket and their sum. Adding one costs a bisection, so it may sit on the send's path."""

    def __init__(self) -> None:
        self.counts = [0] * (len(UPPER_NS) + 1)
        self.sum_ns = 0

    def add(self, taken_ns: int) -> None:
        """One send was acknowledged this long after its command came in."""
        self.counts[bisect_left(UPPER_NS, taken_ns)] += 1
        self.sum_ns += taken_ns
