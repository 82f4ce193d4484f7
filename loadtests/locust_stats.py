"""Folds a plane's histograms into Locust's own statistics, without replaying a sample."""

from __future__ import annotations

import time
from collections import defaultdict

from locust.stats import RequestStats, StatsEntry, StatsError

from chatproof.loadtests.histograms import Snapshot

FAILURE = "no acknowledgement, or an unexpected refusal"


def fold(snapshot: Snapshot, stats: RequestStats) -> None:
    """Add one plane's last second to its own entry and to the total."""
    addition = _entry(snapshot, stats, time.time())
    stats.get(snapshot.name, snapshot.kind).extend(addition)
    stats.total.extend(addition)
    if snapshot.failures:
        key = StatsError.create_key(snapshot.kind, snapshot.name, FAILURE)
        error = stats.errors.setdefault(key, StatsError(snapshot.kind, snapshot.name, FAILURE))
        error.occurrences += snapshot.failures


def _entry(snapshot: Snapshot, stats: RequestStats, now_s: float) -> StatsEntry:
    """The snapshot as an entry of Locust. A failed sample is a request too, one without a response time."""
    entry = StatsEntry(stats, snapshot.name, snapshot.kind)
    answered = sum(snapshot.counts.values())
    entry.num_requests = answered + snapshot.failures
    entry.num_none_requests = snapshot.failures
    entry.num_failures = snapshot.failures
    entry.total_response_time = snapshot.total_ms
    entry.min_response_time = snapshot.min_ms if answered else None
    entry.max_response_time = snapshot.max_ms
    entry.response_times = defaultdict(int, snapshot.counts)
    entry.num_reqs_per_sec = defaultdict(int, {int(now_s): entry.num_requests})
    entry.num_fail_per_sec = defaultdict(int, {int(now_s): snapshot.failures})
    entry.last_request_timestamp = now_s
    return entry
