"""The SLOs against latencies so far. An estimate: every delivery counts, also under a fault; the judge looks closer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

ROW_OF_SAMPLE = {
    "send_ack": "send → ack",
    "delivery": "send → shown",
    "presence": "change → told",
    "caught_up": "hello → caught up",
}
"""Sample of an SLO → the row of Locust's statistics with such latencies."""

Latencies = tuple[Mapping[int, int], int]
"""ms → how often, and how many never came."""


class Row(Struct, frozen=True):
    """A row of the tab, in words: what is looked at, how it should be, how it is so far."""

    what: str
    objective: str
    measured: str
    state: str


def slo_rows(slos: Iterable[Mapping[str, Any]], latencies: Mapping[str, Latencies]) -> list[Row]:
    """A row for each SLO document. `latencies`: row of the statistics → what was measured."""
    return [_row(slo, latencies) for slo in slos]


def _row(slo: Mapping[str, Any], latencies: Mapping[str, Latencies]) -> Row:
    name, objective = slo["metadata"]["name"], slo["spec"]["objectives"][0]
    indicator = slo["spec"]["indicator"]["spec"]
    metric = indicator["thresholdMetric"] if "thresholdMetric" in indicator else indicator["ratioMetric"]["good"]
    spec = metric["metricSource"]["spec"]
    counts, failures = latencies.get(ROW_OF_SAMPLE[spec["sample"]], ({}, 0))
    if not sum(counts.values()) + failures:
        return Row(name, objective["displayName"], "no samples", "not measured yet")
    if "thresholdMetric" in indicator:
        found = quantile_ms(counts, failures, objective["target"])
        is_met = found is not None and found < objective["value"]
        return Row(name, objective["displayName"], "never" if found is None else f"{found:g} ms", _state(is_met))
    share = share_within(counts, failures, spec.get("within_ms"))
    return Row(name, objective["displayName"], f"{100 * share:.2f} %", _state(share >= objective["target"]))


def quantile_ms(counts: Mapping[int, int], failures: int, q: float) -> int | None:
    """What a share `q` of all samples does not exceed; None where that many never came."""
    left = q * (sum(counts.values()) + failures)
    for latency_ms in sorted(counts):
        left -= counts[latency_ms]
        if left <= 0:
            return latency_ms
    return None


def share_within(counts: Mapping[int, int], failures: int, within_ms: int | None) -> float:
    """The share of the samples that came, in this time where there is one."""
    good = sum(count for latency_ms, count in counts.items() if within_ms is None or latency_ms < within_ms)
    return good / (sum(counts.values()) + failures)


def _state(is_met: bool) -> str:
    return "met so far" if is_met else "missed so far"
