"""Latency histograms: rounded to two significant digits as Locust has it, and whole ms against the edges of buckets."""

from __future__ import annotations

from bisect import bisect_right

from msgspec import Struct

from chatproof.loadtests.tally import Distribution
from chatproof.metrics.load import LATENCY_EDGES_S

NS_PER_MS = 1_000_000
_NO_MIN_MS = 1 << 62
_EDGES_MS = tuple(round(1000 * edge_s) for edge_s in LATENCY_EDGES_S)


class Snapshot(Struct, frozen=True):
    """What came together since the last snapshot: what a plane sends up its pipe. Times in ms.

    Attributes:
        counts: rounded ms → how often.
        failures: samples that failed; they have no latency.
    """

    kind: str
    name: str
    counts: dict[int, int]
    total_ms: int
    min_ms: int
    max_ms: int
    failures: int


def rounded_ms(latency_ms: int) -> int:
    """Two significant digits: 147 → 150, 3432 → 3400. About 300 different values in all."""
    step = 1
    while latency_ms >= 100 * step:
        step *= 10
    return (latency_ms + step // 2) // step * step


class LatencyHistogram:
    """Counts latencies since the last snapshot, and since the start: for quantiles, and in buckets.

    `add` is all that a sample costs while it comes in: one update of a dictionary by whole ms.
    """

    def __init__(self, kind: str, name: str) -> None:
        self.kind = kind
        self.name = name
        self.count = 0
        self.failures = 0
        self._all: dict[int, int] = {}
        self._buckets = [0] * (len(_EDGES_MS) + 1)
        self._sum_ms = 0
        self._counts: dict[int, int] = {}
        self._taken: dict[int, int] = {}
        self._total_ms = self._max_ms = self._failures = 0
        self._min_ms = _NO_MIN_MS

    def add(self, latency_ns: int) -> None:
        """One sample; negative ones (a clock's error) count as 0."""
        latency_ms = max(0, latency_ns) // NS_PER_MS
        self.count += 1
        self._counts[latency_ms] = self._counts.get(latency_ms, 0) + 1
        self._total_ms += latency_ms
        self._min_ms = min(self._min_ms, latency_ms)
        self._max_ms = max(self._max_ms, latency_ms)

    def fail(self) -> None:
        """One sample without a latency."""
        self.failures += 1
        self._failures += 1

    def quantile_ns(self, q: float) -> int:
        """The latency that a share `q` of all samples does not exceed, as a bucket's value; 0 without samples."""
        self._merge()
        rank, seen = q * self.count, 0
        for latency_ms in sorted(self._all):
            seen += self._all[latency_ms]
            if seen >= rank:
                return latency_ms * NS_PER_MS
        return 0

    def distribution(self) -> Distribution:
        """Everything since the start, in buckets; a bucket holds what is below its edge, the last one failures too."""
        self._merge()
        *known, beyond = self._buckets
        return Distribution((*known, beyond + self.failures), self._sum_ms)

    def snapshot(self) -> Snapshot | None:
        """What came since the last snapshot, None if nothing."""
        self._merge()
        taken = self._taken
        if not taken and not self._failures:
            return None
        snapshot = Snapshot(
            self.kind, self.name, taken, self._total_ms, self._min_ms if taken else 0, self._max_ms, self._failures
        )
        self._taken = {}
        self._total_ms = self._max_ms = self._failures = 0
        self._min_ms = _NO_MIN_MS
        return snapshot

    def _merge(self) -> None:
        """Move the fresh counts to all sums."""
        for latency_ms, count in self._counts.items():
            key = rounded_ms(latency_ms)
            self._all[key] = self._all.get(key, 0) + count
            self._taken[key] = self._taken.get(key, 0) + count
            self._buckets[bisect_right(_EDGES_MS, latency_ms)] += count
            self._sum_ms += latency_ms * count
        self._counts.clear()
