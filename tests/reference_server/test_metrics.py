"""Metrics come from the parts' own counts, when asked."""

from chatproof.reference_server.metrics import Metrics
from chatproof.reference_server.roles.gateway.latency import AckTimes


def test_counts_and_gauges_are_exposed() -> None:
    """Names ending in `_total` are counters; the histogram is cumulative."""
    times = AckTimes()
    for taken_ns in (500_000, 3_000_000, 10_000_000_000):
        times.add(taken_ns)
    text = Metrics({"gateway": lambda: {"sessions": 2, "pushed_total": 7}}, times).exposition().decode()
    for line in (
        "# TYPE chatproof_gateway_sessions gauge", "chatproof_gateway_sessions 2.0",
        "# TYPE chatproof_gateway_pushed_total counter", "chatproof_gateway_pushed_total 7.0",
        'chatproof_send_ack_seconds_bucket{le="0.001"} 1.0', 'chatproof_send_ack_seconds_bucket{le="0.005"} 2.0',
        'chatproof_send_ack_seconds_bucket{le="+Inf"} 3.0',
    ):  # fmt: skip
        assert line in text.splitlines()


def test_two_nodes_in_one_process_do_not_share_a_registry() -> None:
    """No default registry: each has its own numbers."""
    texts = [Metrics({"p": lambda n=n: {"x": n}}, AckTimes()).exposition() for n in (1, 2)]  # type: ignore[misc]
    assert texts[0] != texts[1]
