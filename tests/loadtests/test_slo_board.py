"""The SLOs against what Locust has counted so far."""

from chatproof.dashboards.openslo import load_slos
from chatproof.loadtests.slo_board import ROW_OF_SAMPLE, Row, quantile_ms, share_within, slo_rows

ACK = ROW_OF_SAMPLE["send_ack"]


def states(counts: dict[int, int], failures: int) -> dict[str, Row]:
    """The rows about acks."""
    return {row.what: row for row in slo_rows(load_slos(), {ACK: (counts, failures)}) if row.what.startswith("send")}


def test_every_slo_has_a_row_and_none_is_met_without_samples() -> None:
    """In the order of the documents."""
    rows = slo_rows(load_slos(), {})
    assert [slo["metadata"]["name"] for slo in load_slos()] == [row.what for row in rows]
    assert {"not measured yet"} == {row.state for row in rows}


def test_a_latency_is_compared_with_the_objective() -> None:
    """p95 below 200 ms."""
    assert Row("send-ack", "p95 < 200 ms", "150 ms", "met so far") == states({150: 95, 900: 5}, 0)["send-ack"]
    assert Row("send-ack", "p95 < 200 ms", "900 ms", "missed so far") == states({150: 94, 900: 6}, 0)["send-ack"]


def test_what_never_came_is_slower_than_everything() -> None:
    """As in the judge's samples."""
    assert "never" == states({150: 90}, 10)["send-ack"].measured
    assert "90.00 %" == states({150: 90}, 10)["send-acked-in-time"].measured
    assert "missed so far" == states({150: 90}, 10)["send-acked-in-time"].state


def test_quantile_and_share() -> None:
    """Of all samples, failures too."""
    assert (2, None) == (quantile_ms({2: 9, 1: 1}, 0, 0.95), quantile_ms({2: 9}, 1, 0.95))
    assert (0.5, 0.75) == (share_within({10: 2, 30: 1}, 1, 30), share_within({10: 2, 30: 1}, 1, None))
