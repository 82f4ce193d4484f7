"""Charts as SVG: Vega-Lite, drawn here and not in the browser.

A chart is a Vega-Lite specification, which is JSON: plain dicts. Colours are variables of the page's style sheet, so
that day, night and paper are its business. Every step of a chart has a mark over its whole height whose `aria-label`
holds its numbers: the page's script shows them under the pointer and by arrow keys. Charts of one page share the axis
of time and stand exactly below each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import vl_convert

from chatproof.report.html.bands import Band, Span

WIDTH, HEIGHT = 860, 150
_AXIS_WIDTH = 52
_LABEL_PX = 13
_LEAST_MS = 0.1
"""A logarithm has no zero: what is faster is drawn here."""
_LATENCY_LABEL = "datum.value >= 1000 ? format(datum.value / 1000, '~r') + ' s' : format(datum.value, '~r') + ' ms'"
_SECONDS_LABEL = "datum.label + ' s'"
_DASHES = [4, 3]

Spec = dict[str, Any]
"""A part of a Vega-Lite specification."""
_COLOUR: Spec = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
"""A row says its own colour."""
_LABEL: Spec = {"field": "label", "type": "nominal"}
_CONFIG: Spec = {
    "font": "system-ui", "background": "transparent", "padding": 4, "view": {"stroke": None},
    "axis": {
        "aria": False, "labelColor": "var(--faint)", "titleColor": "var(--faint)", "titleFontWeight": "normal",
        "titleFontSize": 11, "labelFontSize": 11, "gridColor": "var(--rule)", "domainColor": "var(--rule)",
        "tickColor": "var(--rule)",
    },
}


class Line(NamedTuple):
    """A line of a chart: its colour, and a value (None for a hole) for each step of the chart."""

    colour: str
    values: Sequence[float | None]


class Steps(NamedTuple):
    """The steps of a chart: where each begins, in seconds, and what it says of itself."""

    starts_s: Sequence[float]
    labels: Sequence[str]


class Limit(NamedTuple):
    """A threshold, drawn as a dashed line."""

    value: float
    text: str


class Bar(NamedTuple):
    """A stretch on a row of a time line, in seconds, with its colour and what it says of itself."""

    row: str
    start_s: float
    end_s: float
    colour: str
    label: str
    mark_s: float | None = None
    """An instant within it that is worth a tick."""
    text: str = ""
    """What is written on it, where there is room."""


class Measure(NamedTuple):
    """How much of what is allowed was used, 1.0 being the limit: the value and its bounds, infinite for never."""

    name: str
    value: float
    low: float
    high: float
    tone: str
    label: str


def latency_chart(
    span: Span, bands: Sequence[Band], steps: Steps, lines: Sequence[Line], limits: Sequence[Limit] = ()
) -> str:
    """Latencies in ms over time, on a logarithmic axis; an infinite one is a triangle at the top."""
    finite = [value for line in lines for value in line.values if value is not None and math.isfinite(value)]
    top = 1.3 * max([*finite, *(limit.value for limit in limits), 1.0])
    floor = 10.0 ** math.floor(math.log10(max(_LEAST_MS, min([*finite, 1.0]))))
    axis = _y_axis(tickCount=4, values=_decades(floor, top), labelExpr=_LATENCY_LABEL)
    y = _quantitative("value", {"type": "log", "domain": [floor, top], "nice": False}, axis)
    return _over_time(span, bands, steps, [_clamped(line, floor) for line in lines], y, limits)


def count_chart(
    span: Span, bands: Sequence[Band], steps: Steps, lines: Sequence[Line], limits: Sequence[Limit] = ()
) -> str:
    """Numbers over time, from zero."""
    values = [value for line in lines for value in line.values if value is not None]
    top = 1.1 * max([*values, *(limit.value for limit in limits), 1.0])
    y = _quantitative("value", {"domain": [0, top], "nice": False}, _y_axis(tickCount=4))
    return _over_time(span, bands, steps, lines, y, limits)


def share_chart(curves: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> str:
    """Distributions: for each (colour, [(ms, share)]), the share that is not slower, on a logarithmic axis."""
    points = [
        {"ms": max(ms, _LEAST_MS), "share": share, "colour": f"var(--{colour})"}
        for colour, curve in curves for ms, share in curve
    ]
    drawn = [max(ms, _LEAST_MS) for _, curve in curves for ms, _ in curve]
    floor, top = 10.0 ** math.floor(math.log10(min(drawn, default=1.0))), 1.1 * max(drawn, default=1.0)
    x = _quantitative(
        "ms", {"type": "log", "domain": [floor, max(top, floor * 10)], "nice": False},
        {"values": _decades(floor, top), "labelExpr": _LATENCY_LABEL},
    )
    y = _quantitative("share", {"domain": [0, 1]}, _y_axis(format="%", tickCount=5))
    mark = {"type": "line", "interpolate": "step-after", "strokeWidth": 1.4}
    return _svg([_marks(points, mark, x=x, y=y, color=_COLOUR)])


def rows_chart(bars: Sequence[Bar], end_s: float) -> str:
    """What happened when, a row per thing."""
    names = list(dict.fromkeys(bar.row for bar in bars))
    least_s = end_s / 400
    rows = [
        bar._asdict() | {"colour": f"var(--{bar.colour})", "end_s": max(bar.end_s, bar.start_s + least_s)}
        for bar in bars
    ]
    x = _quantitative("start_s", {"domain": [0, end_s], "nice": False}, {"tickCount": 12, "labelExpr": _SECONDS_LABEL})
    y = {"field": "row", "type": "nominal", "title": None, "sort": names, "axis": _y_axis(grid=False)}
    bar_mark = {"type": "bar", "height": 12, "cornerRadius": 2}
    tick = {"type": "tick", "thickness": 2, "size": 16, "color": "var(--ink)"}
    text = {"type": "text", "align": "left", "dx": 4, "fontSize": 10, "color": "var(--paper)"}
    return _svg([
        _marks(rows, bar_mark, x=x, x2={"field": "end_s"}, y=y, color=_COLOUR, description=_LABEL),
        _marks([row for row in rows if row["mark_s"] is not None], tick, x=x | {"field": "mark_s"}, y=y),
        _marks([row for row in rows if row["text"]], text, x=x, y=y, text={"field": "text"}),
    ], height=22 * max(len(names), 1))


def budget_chart(measures: Sequence[Measure], most: float = 1.5) -> str:
    """Values with their intervals against one limit; what is beyond `most` is drawn there."""
    rows = [
        {"name": each.name, "label": each.label, "colour": f"var(--{each.tone})", "low": min(each.low, most),
         "value": min(each.value, most), "high": min(each.high, most)}
        for each in measures
    ]
    x = _quantitative("low", {"domain": [0, most], "nice": False}, {"format": "%", "tickCount": 6})
    x["title"] = "share of what the objective allows, with its 95 % interval"
    axis = _y_axis(grid=False, maxExtent=190)
    y = {"field": "name", "type": "nominal", "title": None, "sort": [each.name for each in measures], "axis": axis}
    interval = {"type": "bar", "height": 6, "opacity": 0.45, "cornerRadius": 3}
    point = {"type": "point", "filled": True, "size": 70, "opacity": 1}
    return _svg([
        _marks(rows, interval, x=x, x2={"field": "high"}, y=y, color=_COLOUR),
        _marks([{"at": 1.0}], _dashed(), x=x | {"field": "at"}),
        _marks(rows, point, x=x | {"field": "value"}, y=y, color=_COLOUR, description=_LABEL),
    ], width=WIDTH - 140, height=24 * max(len(rows), 1))


# --- over time --------------------------------------------------------------------------------------------------


def _over_time(
    span: Span, bands: Sequence[Band], steps: Steps, lines: Sequence[Line], y: Spec, limits: Sequence[Limit]
) -> str:
    points = [
        (at_s, value, f"var(--{line.colour})")
        for line in lines for at_s, value in _with_holes(steps.starts_s, line.values, span.step_s)
    ]
    finite = [
        {"at": at_s, "value": None if value == math.inf else value, "colour": colour} for at_s, value, colour in points
    ]
    never = [{"at": at_s, "colour": colour} for at_s, value, colour in points if value == math.inf]
    x = _seconds("at", span)
    line = {"type": "line", "strokeWidth": 1.4, "point": {"size": 9, "filled": True, "aria": False}}
    triangle = {"type": "point", "shape": "triangle-up", "filled": True, "size": 50}
    return _svg([
        *_faults(bands, span), *(mark for limit in limits for mark in _limit(limit, y)),
        _marks(finite, line, x=x, y=y, color=_COLOUR), _marks(never, triangle, x=x, y={"value": 5}, color=_COLOUR),
        _touch(span, steps),
    ])


def _with_holes(
    starts_s: Sequence[float], values: Sequence[float | None], step_s: int
) -> Iterator[tuple[float, float | None]]:
    """Values at the middle of their steps; after a step without a successor a hole, so that no line crosses it."""
    known = set(starts_s)
    for start_s, value in zip(starts_s, values, strict=True):
        yield start_s + step_s / 2, value
        if start_s + step_s not in known:
            yield start_s + step_s * 1.5, None


def _faults(bands: Sequence[Band], span: Span) -> Iterator[Spec]:
    """Bands, and above the plot their labels."""
    x = _seconds("start_s", span)
    rows = [band._asdict() for band in bands]
    yield _marks(rows, {"type": "rect", "color": "var(--fault)"}, x=x, x2={"field": "end_s"})
    text = {"type": "text", "align": "left", "fontSize": 10, "color": "var(--fault-ink)"}
    for band in bands:
        yield _marks([band._asdict()], text, x=x, y={"value": -6 - _LABEL_PX * band.row}, text={"field": "label"})


def _limit(limit: Limit, y: Spec) -> Iterator[Spec]:
    row = [limit._asdict()]
    text = {"type": "text", "align": "right", "dy": -5, "fontSize": 10, "color": "var(--bad)"}
    yield _marks(row, _dashed(), y=y)
    yield _marks(row, text, x={"value": WIDTH - 2}, y=y, text={"field": "text"})


def _touch(span: Span, steps: Steps) -> Spec:
    """What the pointer and the arrow keys meet: a transparent mark for each step, over the whole height."""
    rows = [
        {"from": start_s, "to": start_s + span.step_s, "label": label}
        for start_s, label in zip(steps.starts_s, steps.labels, strict=True)
    ]
    mark = {"type": "rect", "color": "var(--ink)", "fillOpacity": 0}
    x = _seconds("from", span)
    return _marks(rows, mark, x=x, x2={"field": "to"}, y={"value": 0}, y2={"value": HEIGHT}, description=_LABEL)


def _clamped(line: Line, floor: float) -> Line:
    return line._replace(values=[None if value is None else max(value, floor) for value in line.values])


# --- Vega-Lite --------------------------------------------------------------------------------------------------


def _marks(rows: Sequence[Mapping[str, Any]], mark: Spec, **encoding: Spec) -> Spec:
    """A layer. Only what has a description is told to whoever steps through the chart."""
    return {"data": {"values": rows}, "mark": {"aria": "description" in encoding} | mark, "encoding": encoding}


def _quantitative(field: str, scale: Spec, axis: Spec) -> Spec:
    return {"field": field, "type": "quantitative", "title": None, "scale": scale, "axis": axis}


def _seconds(field: str, span: Span) -> Spec:
    scale = {"domain": [span.start_s, span.end_s], "nice": False}
    return _quantitative(field, scale, {"tickCount": 12, "grid": False, "labelExpr": _SECONDS_LABEL})


def _y_axis(**own: Any) -> Spec:
    """Axes of one width, so that charts stand exactly below each other."""
    return {"minExtent": _AXIS_WIDTH, "maxExtent": _AXIS_WIDTH, **own}


def _decades(low: float, high: float) -> list[float]:
    return [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def _dashed() -> Spec:
    return {"type": "rule", "strokeDash": _DASHES, "color": "var(--bad)"}


def _svg(layers: Sequence[Spec], *, width: int = WIDTH, height: int = HEIGHT) -> str:
    """The SVG text; hidden from screen readers, for which the page has the same numbers in words."""
    drawn = vl_convert.vegalite_to_svg({"width": width, "height": height, "config": _CONFIG, "layer": list(layers)})
    return drawn.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
