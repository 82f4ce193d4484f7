"""Grafana's JSON of a board, made with Grafana's own SDK for the schema of Grafana 11.6."""

from __future__ import annotations

import json
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import GraphThresholdsStyleMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, Threshold, ThresholdsMode

from chatproof.dashboards.panels import Board, Panel

SOURCE = DataSourceRef(type_val="prometheus", uid="chatproof-prometheus")
"""The data source of every query; provisioning gives it this uid."""
_WIDTH, _HEIGHT = 12, 8
"""Of a panel, in Grafana's grid of 24 columns."""


def grafana_json(board: Board) -> str:
    """The dashboard as a file for Grafana's provisioning; the same board gives the same text."""
    built = dashboard.Dashboard(board.title).uid(board.uid).tags(["chatproof"]).readonly()
    built = built.refresh("5s").time(board.span, "now").timezone("browser")
    for row in board.rows:
        built = built.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            built = built.with_panel(_panel(panel))
    plain = json.loads(json.dumps(built.build(), cls=JSONEncoder))
    return json.dumps(_without_nulls(plain), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _panel(panel: Panel) -> timeseries.Panel | stat.Panel:
    made: timeseries.Panel | stat.Panel = timeseries.Panel() if panel.shape == "line" else stat.Panel()
    made.title(panel.title).description(panel.note).unit(panel.unit).datasource(SOURCE).span(_WIDTH).height(_HEIGHT)
    for query in panel.queries:
        made.with_target(prometheus.Dataquery().datasource(SOURCE).expr(query.expr).legend_format(query.legend))
    if panel.threshold is not None:
        made.thresholds(_steps(panel))
        if isinstance(made, timeseries.Panel):
            made.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    return made


def _steps(panel: Panel) -> dashboard.ThresholdsConfig:
    """A line that is good below its threshold; a number that is bad below it."""
    below, above = ("green", "red") if panel.shape == "line" else ("red", "green")
    steps = [Threshold(value=None, color=below), Threshold(value=panel.threshold, color=above)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _without_nulls(value: Any) -> Any:
    """The SDK writes what is absent as null, which its own reader does not take. A threshold's null is minus infinity.
    """
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None or key == "value"}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value
