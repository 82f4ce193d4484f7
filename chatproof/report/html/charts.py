"""Charts as SVG: Vega-Lite, drawn here and not in the browser.

Colours are variables of the page's style sheet, so that day, night and paper are its business. Every step of a chart
has a mark over its whole height whose `aria-label` holds its numbers: the page's script shows them under the pointer
and by arrow keys. Charts of one page share the axis of time and stand exactly below each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import vl_convert

from chatproof.report.html.bands import Band, Span

WIDTH, HEIGHT = 860, 150
_AXIS_WIDTH = 52
_LABEL_PX = 13
_LEAST_MS = 0.1
"""A logarithm has no zero: what is faster is drawn here."""
_LATENCY_LABEL = "datum.value >= 1000 ? format(datum.value / 1000, '~r') + ' s' : format(datum.value, '~r') + ' ms'"
_SECONDS_LABEL = "datum.label + ' s'"

Rows = Sequence[Mapping[str, Any]]
Drawn = alt.Chart | alt.LayerChart | alt.FacetChart
"""What Altair makes of marks."""


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


def latency_chart(
    span: Span, bands: Sequence[Band], steps: Steps, lines: Sequence[Line], limits: Sequence[Limit] = ()
) -> str:
    """Latencies in ms over time, on a logarithmic axis; an infinite one is a triangle at the top."""
    finite = [value for line in lines for value in line.values if value is not None and math.isfinite(value)]
    top = 1.3 * max([*finite, *(limit.value for limit in limits), 1.0])
    floor = 10.0 ** math.floor(math.log10(max(_LEAST_MS, min([*finite, 1.0]))))
    scale = alt.Scale(type="log", domain=[floor, top], nice=False)
    y = _axis_y(scale, values=_decades(floor, top), labelExpr=_LATENCY_LABEL)
    drawn = [_clamped(line, floor) for line in lines]
    return _over_time(span, bands, steps, drawn, y, limits)


def count_chart(
    span: Span, bands: Sequence[Band], steps: Steps, lines: Sequence[Line], limits: Sequence[Limit] = ()
) -> str:
    """Numbers over time, from zero."""
    values = [value for line in lines for value in line.values if value is not None]
    top = 1.1 * max([*values, *(limit.value for limit in limits), 1.0])
    return _over_time(span, bands, steps, lines, _axis_y(alt.Scale(domain=[0, top], nice=False)), limits)


def share_chart(curves: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> str:
    """Distributions: for each (colour, [(ms, share)]), the share that is not slower, on a logarithmic axis."""
    points = [
        {"ms": max(ms, _LEAST_MS), "share": share, "colour": f"var(--{colour})"}
        for colour, curve in curves for ms, share in curve
    ]
    drawn = [max(ms, _LEAST_MS) for _, curve in curves for ms, _ in curve]
    floor, top = 10.0 ** math.floor(math.log10(min(drawn, default=1.0))), 1.1 * max(drawn, default=1.0)
    x = alt.X(
        "ms:Q", title=None, scale=alt.Scale(type="log", domain=[floor, max(top, floor * 10)], nice=False),
        axis=alt.Axis(values=_decades(floor, top), labelExpr=_LATENCY_LABEL),
    )
    y = alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=_y_axis(format="%", tickCount=5))
    line = alt.Chart(_data(points)).mark_line(interpolate="step-after", strokeWidth=1.4, aria=False)
    return _svg(line.encode(x=x, y=y, color=_own_colour()))


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


def rows_chart(bars: Sequence[Bar], end_s: float) -> str:
    """What happened when, a row per thing."""
    rows = list(dict.fromkeys(bar.row for bar in bars))
    least_s = end_s / 400
    marked = [
        bar._asdict() | {"colour": f"var(--{bar.colour})", "end_s": max(bar.end_s, bar.start_s + least_s)}
        for bar in bars
    ]
    x = alt.X(
        "start_s:Q", title=None, scale=alt.Scale(domain=[0, end_s], nice=False),
        axis=alt.Axis(tickCount=12, labelExpr=_SECONDS_LABEL),
    )
    y = alt.Y("row:N", title=None, sort=rows, axis=_y_axis(grid=False))
    drawn = alt.Chart(_data(marked)).mark_bar(height=12, cornerRadius=2).encode(
        x=x, x2="end_s:Q", y=y, color=_own_colour(), description="label:N"
    )
    ticks = alt.Chart(_data([row for row in marked if row["mark_s"] is not None])).mark_tick(
        thickness=2, size=16, color="var(--ink)", aria=False
    ).encode(x=alt.X("mark_s:Q"), y=y)
    texts = alt.Chart(_data([row for row in marked if row["text"]])).mark_text(
        align="left", dx=4, fontSize=10, color="var(--paper)", aria=False
    ).encode(x=x, y=y, text="text:N")
    return _svg(alt.layer(drawn, ticks, texts), height=22 * max(len(rows), 1))


class Measure(NamedTuple):
    """How much of what is allowed was used: the value and its bounds, 1.0 being the limit; None for no bound."""

    name: str
    value: float
    low: float
    high: float
    tone: str
    label: str


def budget_chart(measures: Sequence[Measure], most: float = 1.5) -> str:
    """Values with their intervals against one limit; what is beyond `most` is drawn there."""
    rows = [
        measure._asdict() | {
            "low": min(measure.low, most), "value": min(measure.value, most), "high": min(measure.high, most),
            "colour": f"var(--{measure.tone})",
        }
        for measure in measures
    ]
    names = [measure.name for measure in measures]
    x = alt.X(
        "low:Q", title="share of what the objective allows, with its 95 % interval",
        scale=alt.Scale(domain=[0, most], nice=False), axis=alt.Axis(format="%", tickCount=6),
    )
    y = alt.Y("name:N", title=None, sort=names, axis=_y_axis(grid=False, maxExtent=190))
    base = alt.Chart(_data(rows))
    interval = base.mark_bar(height=6, opacity=0.45, cornerRadius=3, aria=False).encode(
        x=x, x2="high:Q", y=y, color=_own_colour()
    )
    value = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("value:Q"), y=y, color=_own_colour(), description="label:N"
    )
    limit = alt.Chart(_data([{"at": 1.0}])).mark_rule(strokeDash=[4, 3], color="var(--bad)", aria=False)
    limit = limit.encode(x="at:Q")
    return _svg(alt.layer(interval, limit, value), width=WIDTH - 140, height=24 * max(len(rows), 1))


# --- over time --------------------------------------------------------------------------------------------------


def _over_time(
    span: Span, bands: Sequence[Band], steps: Steps, lines: Sequence[Line], y: alt.Y, limits: Sequence[Limit]
) -> str:
    points = [
        (at_s, value, f"var(--{line.colour})")
        for line in lines for at_s, value in _with_holes(steps.starts_s, line.values, span.step_s)
    ]
    finite = [
        {"at": at_s, "value": value if value is None or math.isfinite(value) else None, "colour": colour}
        for at_s, value, colour in points
    ]
    never = [{"at": at_s, "colour": colour} for at_s, value, colour in points if value == math.inf]
    x = _seconds("at:Q", span)
    drawn = alt.Chart(_data(finite)).mark_line(
        strokeWidth=1.4, point=alt.OverlayMarkDef(size=9, filled=True, aria=False), aria=False
    ).encode(x=x, y=y, color=_own_colour())
    lost = alt.Chart(_data(never)).mark_point(shape="triangle-up", filled=True, size=50, aria=False).encode(
        x=x, y=alt.value(5), color=_own_colour()
    )
    parts = [*_faults(bands, span), *(_limit(limit, y) for limit in limits), drawn, lost, _touch(span, steps)]
    return _svg(alt.layer(*parts))


def _with_holes(
    starts_s: Sequence[float], values: Sequence[float | None], step_s: int
) -> Iterator[tuple[float, float | None]]:
    """Values at the middle of their steps; after a step without a successor a hole, so that no line crosses it."""
    known = set(starts_s)
    for start_s, value in zip(starts_s, values, strict=True):
        yield start_s + step_s / 2, value
        if start_s + step_s not in known:
            yield start_s + step_s * 1.5, None


def _faults(bands: Sequence[Band], span: Span) -> Iterator[Drawn]:
    """Bands, and above the plot their labels."""
    yield alt.Chart(_data([band._asdict() for band in bands])).mark_rect(color="var(--fault)", aria=False).encode(
        x=_seconds("start_s:Q", span), x2="end_s:Q"
    )
    for band in bands:
        yield alt.Chart(_data([band._asdict()])).mark_text(
            align="left", fontSize=10, color="var(--fault-ink)", aria=False, clip=False
        ).encode(x="start_s:Q", y=alt.value(-6 - _LABEL_PX * band.row), text="label:N")


def _limit(limit: Limit, y: alt.Y) -> Drawn:
    base = alt.Chart(_data([{"value": limit.value, "text": limit.text}]))
    rule = base.mark_rule(strokeDash=[4, 3], color="var(--bad)", aria=False).encode(y=y)
    text = base.mark_text(align="right", dy=-5, fontSize=10, color="var(--bad)", aria=False).encode(
        x=alt.value(WIDTH - 2), y=y, text="text:N"
    )
    return alt.layer(rule, text)


def _touch(span: Span, steps: Steps) -> Drawn:
    """What the pointer and the arrow keys meet: a transparent mark for each step, over the whole height."""
    rows = [
        {"from": start_s, "to": start_s + span.step_s, "label": label}
        for start_s, label in zip(steps.starts_s, steps.labels, strict=True)
    ]
    marks: Drawn = alt.Chart(_data(rows)).mark_rect(color="var(--ink)", fillOpacity=0).encode(
        x="from:Q", x2="to:Q", y=alt.value(0), y2=alt.value(HEIGHT), description="label:N"
    )
    return marks


def _clamped(line: Line, floor: float) -> Line:
    return line._replace(values=[None if value is None else max(value, floor) for value in line.values])


def _seconds(field: str, span: Span) -> alt.X:
    return alt.X(
        field, title=None, scale=alt.Scale(domain=[span.start_s, span.end_s], nice=False),
        axis=alt.Axis(tickCount=12, grid=False, labelExpr=_SECONDS_LABEL),
    )


def _axis_y(scale: alt.Scale, **axis: Any) -> alt.Y:
    return alt.Y("value:Q", title=None, scale=scale, axis=_y_axis(tickCount=4, **axis))


def _y_axis(**own: Any) -> alt.Axis:
    return alt.Axis(**{"minExtent": _AXIS_WIDTH, "maxExtent": _AXIS_WIDTH, "titlePadding": 2} | own)


def _decades(low: float, high: float) -> list[float]:
    return [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def _own_colour() -> alt.Color:
    """A row says its own colour."""
    return alt.Color("colour:N", scale=None, legend=None)


def _data(rows: Rows) -> alt.InlineData:
    return alt.InlineData(values=[dict(row) for row in rows])


def _svg(chart: Drawn, *, width: int = WIDTH, height: int = HEIGHT) -> str:
    """The SVG text; hidden from screen readers, for which the page has the same numbers in words."""
    styled = (
        chart.properties(width=width, height=height)
        .configure(font="system-ui", background="transparent", padding=4)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor="var(--faint)", titleColor="var(--faint)", titleFontWeight="normal", titleFontSize=11,
            labelFontSize=11, gridColor="var(--rule)", domainColor="var(--rule)", tickColor="var(--rule)",
        )
    )
    drawn = vl_convert.vegalite_to_svg(styled.to_dict())
    return drawn.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
