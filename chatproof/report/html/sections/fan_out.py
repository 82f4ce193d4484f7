"""How a message spreads: the first, the median and the last device that a live push of it reached."""

from __future__ import annotations

from collections.abc import Sequence

from chatproof.checkers.history.history import History
from chatproof.report.html.charts import share_chart
from chatproof.report.html.parts import Cell, Figure, Key, Section, Table, count_cell, not_recorded
from chatproof.report.html.percentiles import NS_PER_MS, milliseconds

_NEEDS = ("operations", "deliveries", "conversations")
_PLACES = ("first", "median", "last")
_SHARES = (*(at / 100 for at in range(1, 100)), 0.995, 0.999, 1.0)
_TOLD = (0.5, 0.95, 0.99)
_SPREAD = """
    WITH arrived AS (
        SELECT op, dev, min(t_ns) AS t_ns FROM deliveries
        WHERE shown AND event = 'message' AND via = 'live' AND op IS NOT NULL GROUP BY op, dev
    ), spread AS (
        SELECT c.kind, o.op, coalesce(o.intended_ns, o.invoke_ns) AS due_ns, count(*) AS devices,
               min(a.t_ns) AS first_ns, quantile_disc(a.t_ns, 0.5) AS median_ns, max(a.t_ns) AS last_ns
        FROM arrived a JOIN operations o ON o.op = a.op JOIN conversations c ON c.conv = o.conv
        WHERE a.dev <> o.dev GROUP BY ALL
    )
    SELECT coalesce(kind, 'all') AS kind, count(*), min(devices), max(devices),
           quantile_disc(first_ns - due_ns, $shares), quantile_disc(median_ns - due_ns, $shares),
           quantile_disc(last_ns - due_ns, $shares)
    FROM spread GROUP BY ROLLUP (kind) ORDER BY grouping(kind), min(devices), kind"""


def fan_out(history: History) -> Section:
    """All messages that a live push brought to another device, by kind of conversation."""
    title = "Fan-out"
    absent = [name for name in _NEEDS if not history.has(name)]
    if absent:
        return not_recorded("fan-out", title, absent)
    found = history.sql.execute(_SPREAD, {"shares": [*_SHARES, *_TOLD]}).fetchall()
    rows = [row for row in found if row[1]]
    if not rows:
        return Section("fan-out", title, absent="Not recorded: no live push brought a message to another device.")
    lead = (
        "From when a message was due until a live push of it was shown on the first, the median and the last of the"
        " other devices that got one. Faults are included; what came by resume or repair is not."
    )
    return Section("fan-out", title, lead, [_figure(rows[-1])], [_table(rows)])


def _figure(row: Sequence[object]) -> Figure:
    curves = [(place, [(ms, share) for ms, share in zip(_ms(row, place), _SHARES, strict=False)]) for place in _PLACES]
    return Figure(
        "Share of messages that had arrived", "All conversations together: how many messages had reached their first,"
        " their median, their last device after so long.", share_chart(curves),
        [Key(place, f"{place} device") for place in _PLACES],
    )


def _ms(row: Sequence[object], place: str) -> list[float]:
    """The quantiles of a place, in ms."""
    values = row[4 + _PLACES.index(place)]
    assert isinstance(values, list)
    return [value / NS_PER_MS for value in values]


def _table(rows: Sequence[Sequence[object]]) -> Table:
    names = (f"p{q * 100:.0f}" if at else f"{place} p{q * 100:.0f}" for place in _PLACES for at, q in enumerate(_TOLD))
    head = ("conversations", "messages", "devices", *names)
    return Table("Fan-out by kind of conversation", head, [_row(row) for row in rows])


def _row(row: Sequence[object]) -> tuple[Cell, ...]:
    kind, messages, fewest, most = row[:4]
    assert isinstance(messages, int)
    told = [ms for place in _PLACES for ms in _ms(row, place)[len(_SHARES):]]
    return (
        Cell(str(kind)), count_cell(messages),
        Cell(f"{fewest}" if fewest == most else f"{fewest} to {most}", form="number"),
        *(Cell(milliseconds(ms), f"{ms:.3f}", form="number") for ms in told),
    )
