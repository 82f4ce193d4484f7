"""What the two dashboards show, as data: `boards` makes Grafana's JSON of it, and a test asks every query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from chatproof.dashboards.burn_rates import Windows
from chatproof.dashboards.indicators import Indicator
from chatproof.dashboards.rules import ratio_name
from chatproof.metrics import load, server
from chatproof.metrics.metric import Metric

Shape = Literal["line", "number"]
Unit = Literal["percentunit", "short", "ops", "s", "bytes"]
"""Grafana's names of units: a share, a plain number, per second, seconds, bytes."""


class Query(NamedTuple):
    """One PromQL expression and the legend of its series; `{{label}}` in a legend is that label's value."""

    expr: str
    legend: str


class Panel(NamedTuple):
    """One panel. `note` is the description that a reader finds behind the i."""

    title: str
    unit: Unit
    queries: tuple[Query, ...]
    note: str = ""
    shape: Shape = "line"
    threshold: float | None = None


class Row(NamedTuple):
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


class Board(NamedTuple):
    """One dashboard; `uid` is its stable address."""

    uid: str
    title: str
    rows: tuple[Row, ...]
    span: str


def slo_board(indicators: Sequence[Indicator], windows: Windows) -> Board:
    """The SLOs at a glance, then each for itself."""
    return Board(
        "chatproof-slos", "chatproof: SLOs", (_overview(windows), *(_slo(each, windows) for each in indicators)),
        "now-6h",
    )  # fmt: skip


def _overview(windows: Windows) -> Row:
    each = "{{sloth_slo}}"
    return Row("All SLOs", (
        Panel(
            "Error budget left", "percentunit", (Query("slo:period_error_budget_remaining:ratio", each),),
            f"Of the budget of {windows.period}; negative: overdrawn.", "number", 0.0,
        ),
        Panel("Objective", "percentunit", (Query("slo:objective:ratio", each),), shape="number"),
        Panel(
            "Alerts firing", "short",
            (Query('count by (sloth_severity) (ALERTS{alertstate="firing", sloth_id!=""}) or vector(0)',
                   "{{sloth_severity}}"),),
            "Both windows of a pair burn.", "number",
        ),
        Panel(
            "Burn rate", "short", (Query("slo:current_burn_rate:ratio", each),),
            "1 spends the budget exactly within the period.", threshold=min(burn.factor for burn in windows.burns),
        ),
    ))  # fmt: skip


def _slo(indicator: Indicator, windows: Windows) -> Row:
    chosen = f'sloth_slo="{indicator.name}", sloth_service="{indicator.service}"'
    return Row(f"{indicator.title} ({indicator.objective_text})", (
        Panel(
            "Share of bad events by window", "percentunit",
            tuple(Query(f"{ratio_name(window)}{{{chosen}}}", window) for window in windows.rates),
            threshold=1 - indicator.objective,
        ),
        Panel(
            "Latency", "s",
            tuple(_quantile(indicator.carrier, q, windows.sli) for q in sorted({0.5, 0.95, indicator.objective})),
            indicator.carrier.help, threshold=indicator.threshold_s,
        ),
    ))  # fmt: skip


def run_board(window: str) -> Board:
    """One run: what was asked of the target, how it answered, how the load and the server were."""
    return Board("chatproof-run", "chatproof: a run", (_traffic(window), _health(), _node(window)), "now-15m")


def _traffic(window: str) -> Row:
    ended = f"sum by (outcome) (rate({load.SENDS_ENDED.name}[{window}]))"
    return Row("Load and answers", (
        Panel("Sends", "ops", (_rate(load.SENDS, window, "begun"), Query(ended, "{{outcome}}"))),
        Panel("Arrivals", "ops", (_rate(load.ARRIVALS, window, "events"),), load.ARRIVALS.help),
        Panel("Send to ack", "s", _quantiles(load.SEND_ACK, window), load.SEND_ACK.help),
        Panel("Send to shown", "s", _quantiles(load.DELIVERY, window), load.DELIVERY.help),
        Panel("Live devices", "short", (_sum(load.LIVE, "devices"),), load.LIVE.help),
        Panel("Unsettled operations", "short", (_sum(load.UNSETTLED, "operations"),), load.UNSETTLED.help),
    ))  # fmt: skip


def _health() -> Row:
    plane = "plane {{worker}}"
    return Row("Is the load itself well?", (
        Panel("Start lag, p99", "s", (Query(load.LAG.name, plane),), load.LAG.help, threshold=0.020),
        Panel("Longest stall", "s", (Query(load.STALL.name, plane),), load.STALL.help, threshold=0.100),
        Panel("Core used", "percentunit", (Query(load.CPU.name, plane),), load.CPU.help, threshold=0.70),
        Panel("Rows recorded", "short", (Query(load.ROWS.name, plane),), load.ROWS.help),
    ))  # fmt: skip


def _node(window: str) -> Row:
    named = server.BY_NAME
    return Row("The reference server", (
        Panel("Sessions", "short", (_sum(named["chatproof_gateway_sessions"], "open"),
                                    _sum(named["chatproof_gateway_paused_sessions"], "paused"))),
        Panel("Pushed events", "ops", (_rate(named["chatproof_gateway_pushed_events_total"], window, "events"),)),
        Panel("Ack, as the node sees it", "s", _quantiles(server.SEND_ACK, window), server.SEND_ACK.help),
        Panel("On the way", "short", (_sum(named["chatproof_host_in_flight"], "appended, not folded"),
                                      _sum(named["chatproof_host_unstored_records"], "folded, not stored"))),
        Panel("Core used", "percentunit", (Query(f'rate(process_cpu_seconds_total{{job="server"}}[{window}])',
                                                 "{{instance}}"),)),
        Panel("Memory", "bytes", (Query('process_resident_memory_bytes{job="server"}', "{{instance}}"),)),
    ))  # fmt: skip


def _rate(metric: Metric, window: str, legend: str) -> Query:
    return Query(f"sum(rate({metric.name}[{window}]))", legend)


def _sum(metric: Metric, legend: str) -> Query:
    return Query(f"sum({metric.name})", legend)


def _quantiles(metric: Metric, window: str) -> tuple[Query, ...]:
    return tuple(_quantile(metric, q, window) for q in (0.5, 0.95, 0.99))


def _quantile(metric: Metric, q: float, window: str) -> Query:
    return Query(f"histogram_quantile({q:g}, sum by (le) (rate({metric.name}_bucket[{window}])))", f"p{100 * q:g}")
