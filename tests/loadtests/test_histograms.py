"""Histograms: Locust's resolution, deltas for Locust, totals for the live display."""

import pytest

from chatproof.loadtests.histograms import LatencyHistogram, rounded_ms
from chatproof.metrics.load import LATENCY_EDGES_S

MS = 1_000_000


@pytest.mark.parametrize(("exact", "rounded"), [(0, 0), (99, 99), (147, 150), (994, 990), (3432, 3400), (58760, 59000)])
def test_two_significant_digits_are_kept(exact: int, rounded: int) -> None:
    """The buckets of Locust's own statistics."""
    assert rounded == rounded_ms(exact)


def test_a_snapshot_holds_what_came_since_the_last_one() -> None:
    """And is None when nothing did."""
    histogram = LatencyHistogram("WS", "ack")
    histogram.add(3 * MS)
    histogram.add(147 * MS)
    histogram.fail()
    first = histogram.snapshot()
    assert first is not None
    assert ({3: 1, 150: 1}, 150, 3, 147, 1) == (
        first.counts, first.total_ms, first.min_ms, first.max_ms, first.failures,
    )
    assert histogram.snapshot() is None
    histogram.add(5 * MS)
    second = histogram.snapshot()
    assert second is not None
    assert ({5: 1}, 5, 5, 0) == (second.counts, second.min_ms, second.max_ms, second.failures)


def test_a_distribution_holds_everything_since_the_start() -> None:
    """A latency at an edge is not below it; failures are above every edge; snapshots take nothing away."""
    histogram = LatencyHistogram("WS", "ack")
    for latency_ns in (199 * MS + 999_999, 200 * MS, 11_000 * MS):
        histogram.add(latency_ns)
    histogram.fail()
    histogram.snapshot()
    whole = histogram.distribution()
    counts = dict(zip((*LATENCY_EDGES_S, "+Inf"), whole.counts, strict=True))
    assert {0.2: 1, 0.5: 1, "+Inf": 2} == {edge: count for edge, count in counts.items() if count}
    assert 199 + 200 + 11_000 == whole.total_ms


def test_failures_alone_make_a_snapshot() -> None:
    """An outage must not look like silence."""
    histogram = LatencyHistogram("WS", "ack")
    histogram.fail()
    snapshot = histogram.snapshot()
    assert snapshot is not None
    assert (1, 0) == (snapshot.failures, snapshot.min_ms)


def test_quantiles_are_over_everything_since_the_start() -> None:
    """Snapshots take nothing away from them."""
    histogram = LatencyHistogram("WS", "ack")
    assert 0 == histogram.quantile_ns(0.95)
    for latency in range(1, 101):
        histogram.add(latency * MS)
    histogram.snapshot()
    assert 95 * MS == histogram.quantile_ns(0.95)
    assert 100 * MS == histogram.quantile_ns(1.0)
