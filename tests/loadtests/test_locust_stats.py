"""Histograms in Locust's statistics. Locust patches the whole process it is imported in, so it gets one of its own."""

import json
import subprocess
import sys

import pytest

_FOLD_TWICE = """
import json
import warnings
warnings.simplefilter("ignore")
from locust.stats import RequestStats
from chatproof.loadtests.histograms import Snapshot
from chatproof.loadtests.locust_stats import fold
stats = RequestStats()
fold(Snapshot("WS", "ack", {3: 1, 150: 1}, 150, 3, 147, 0), stats)
fold(Snapshot("WS", "ack", {5: 2}, 10, 5, 5, 1), stats)
fold(Snapshot("WS", "shown", {7: 1}, 7, 7, 7, 0), stats)
entry, total = stats.get("ack", "WS"), stats.total
print(json.dumps([
    [e.num_requests, e.num_failures, e.min_response_time, e.max_response_time, e.median_response_time]
    for e in (entry, total)
] + [[error.occurrences for error in stats.errors.values()], entry.avg_response_time]))
"""


@pytest.mark.slow
def test_histograms_add_up_as_if_every_sample_had_been_logged() -> None:
    """Counts, failures, extremes and percentiles, per name and in total; failures have no response time."""
    done = subprocess.run([sys.executable, "-c", _FOLD_TWICE], check=True, capture_output=True, text=True)
    assert [[5, 1, 3, 147, 5], [6, 1, 3, 147, 5], [1], 40.0] == json.loads(done.stdout)
