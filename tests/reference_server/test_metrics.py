"""Metrics come from the parts' own counts, when asked."""

import pytest

from chatproof.reference_server.metrics import Metrics
from chatproof.reference_server.roles.gateway.latency import AckTimes


def test_counts_and_gauges_are_exposed() -> None:
    """Each is of the kind that is declared; the histogram is cumulative."""
    times = AckTimes()
    for taken_ns in (500_000, 3_000_000, 10_000_000_000):
        times.add(taken_ns)
    statistics = {"gateway": lambda: {"sessions": 2, "pushed_events_total": 7}}
    text = Metrics(statistics, times).exposition().decode()
    for line in (
        "# TYPE chatproof_gateway_sessions gauge", "chatproof_gateway_sessions 2.0",
        "# TYPE chatproof_gateway_pushed_events_total counter", "chatproof_gateway_pushed_events_total 7.0",
        'chatproof_send_ack_seconds_bucket{le="0.001"} 1.0', 'chatproof_send_ack_seconds_bucket{le="0.005"} 2.0',
        'chatproof_send_ack_seconds_bucket{le="+Inf"} 3.0',
    ):  # fmt: skip
        assert line in text.splitlines()


def test_two_nodes_in_one_process_do_not_share_a_registry() -> None:
    """No default registry: each has its own numbers."""
    parts = [{"reads": lambda n=n: {"queued": n}} for n in (1, 2)]  # type: ignore[misc]
    texts = [Metrics(each, AckTimes()).exposition().decode() for each in parts]
    assert [True, True] == [f"chatproof_reads_queued {n}.0" in text for n, text in zip((1, 2), texts, strict=True)]


def test_a_statistic_that_is_not_declared_is_refused() -> None:
    """What nobody documented is not exposed: the declaration comes first."""
    with pytest.raises(KeyError, match="chatproof_gateway_mood"):
        Metrics({"gateway": lambda: {"mood": 1}}, AckTimes()).exposition()
