"""The load's counters, counted anew from a history: the same names, up to one row of one worker."""

from __future__ import annotations

from chatproof.checkers.history.history import History
from chatproof.metrics import load
from chatproof.metrics.metric import Metric

_BEGUN = "operations WHERE kind = 'send' AND worker = {worker} AND rec_invoke <= {rec}"
_ENDED = "operations WHERE kind = 'send' AND worker = {worker} AND rec_done <= {rec}"
_ARRIVED = "deliveries WHERE worker = {worker} AND rec <= {rec}"
_SEND_ACK = """
    SELECT CASE WHEN outcome = 'ok' THEN greatest(done_ns - intended_ns, 0) // 1000000 END AS ms
    FROM operations
    WHERE kind = 'send' AND worker = {worker} AND rec_done <= {rec} AND (outcome = 'ok' OR expect = 'ok')
"""
_DELIVERY = """
    SELECT greatest(d.t_ns - o.intended_ns, 0) // 1000000 AS ms
    FROM deliveries d JOIN operations o ON o.op = d.op AND o.kind = 'send'
    WHERE d.worker = {worker} AND d.rec <= {rec} AND d.event = 'message' AND d.shown AND d.via <> 'ack'
      AND d.op >> 32 <> d.dev
"""


def counted(history: History, worker: int, rec: int) -> dict[str, float]:
    """Series → value, as of a row: what a scrape that says it is as of this row must hold."""
    up_to = {"worker": worker, "rec": rec}
    ended = dict(history.rows(f"SELECT outcome, count(*) FROM {_ENDED.format(**up_to)} GROUP BY 1"))
    return {
        load.SENDS.name: _count(history, _BEGUN.format(**up_to)),
        load.ARRIVALS.name: _count(history, _ARRIVED.format(**up_to)),
        **{f"{load.SENDS_ENDED.name}/{outcome}": ended.get(outcome, 0) for outcome in ("ok", "fail", "unknown")},
        **_histogram(history, load.SEND_ACK, _SEND_ACK.format(**up_to)),
        **_histogram(history, load.DELIVERY, _DELIVERY.format(**up_to)),
    }


def _count(history: History, rows: str) -> int:
    return int(history.rows(f"SELECT count(*) FROM {rows}")[0][0])


def _histogram(history: History, metric: Metric, samples: str) -> dict[str, float]:
    """The cumulative buckets, the count and the sum in s of latencies in whole ms; NULL: it never came."""
    below = ", ".join(f"count(*) FILTER (ms < {round(1000 * edge_s)})" for edge_s in metric.buckets)
    *buckets, count, sum_ms = history.rows(f"SELECT {below}, count(*), coalesce(sum(ms), 0) FROM ({samples})")[0]
    edges = [str(edge_s) for edge_s in metric.buckets]
    return {
        **{f"{metric.name}_bucket/{edge}": value for edge, value in zip(edges, buckets, strict=True)},
        f"{metric.name}_bucket/+Inf": count, f"{metric.name}_count": count, f"{metric.name}_sum": float(sum_ms) / 1000,
    }  # fmt: skip
