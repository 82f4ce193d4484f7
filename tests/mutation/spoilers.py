"""What spoils a history here and there, each so many times: rows lost or repeated, cells moved, mixed or turned.

    lose        rows are gone
    repeat      rows are there again, under another key and a later `rec`
    move        instants lie exactly a bound apart, seqs are the next ones
    mix         cells hold what other rows hold there, or nothing
    turn        truths are lies, words of an enumeration are others, views and epochs begin
    stretch     everything takes longer
    meet        instants, those of phases too, lie exactly a bound or two apart; a row names the `rec` of another
    go_on       reads go on on a further page, with some of the items, and tell other things of it

Tables are picked before rows, for what is rare matters as much. Keys stay unique, as the evidence demands.
"""

from __future__ import annotations

import random
from typing import Any

from chatproof.checkers.history.tables import TABLES, Column
from chatproof.checkers.history.vocabulary import ENUMERATIONS

MS = 1_000_000
NULLS = 0.1

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""Table → its rows."""

_ONCE = ("phases", "generator", "devices")
"""Tables whose rows are neither lost, repeated nor moved."""


def lose(draw: random.Random, tables: Rows, times: int) -> None:
    """Take rows away."""
    for _ in range(times):
        filled = _filled(tables)
        rows = draw.choice(filled)
        rows.pop(draw.randrange(len(rows)))


def repeat(draw: random.Random, tables: Rows, times: int) -> None:
    """Put rows there again: the last column of the key, and `rec`, are beyond all others."""
    for _ in range(times):
        name = draw.choice([name for name, rows in tables.items() if rows and name not in _ONCE])
        rows = tables[name]
        copy = dict(draw.choice(rows))
        for column in (*TABLES[name].key[-1:], *(["rec"] if "rec" in copy else [])):
            copy[column] = 1 + max(row[column] for row in rows)
        rows.append(copy)


def move(draw: random.Random, tables: Rows, bounds: dict[str, int], times: int) -> None:
    """Put instants exactly a bound or some clock errors apart from others, and seqs next to where they were."""
    apart = [0, 10 * MS, *bounds.values(), *(errors * bounds["clock_error_ns"] for errors in (2, 3))]
    filled = _filled(tables)
    instants = [
        value for rows in filled for row in rows for name, value in row.items() if name.endswith("_ns") and value
    ]
    for _ in range(times):
        row = draw.choice(draw.choice(filled))
        name = draw.choice(list(row))
        if name.endswith("_ns") and row[name]:
            near = sorted(instants, key=lambda instant: abs(instant - row[name]))[:40]
            row[name] = max(0, draw.choice(near) + draw.choice([1, -1]) * draw.choice(apart))
        elif name.endswith("seq") and row[name]:
            row[name] = max(1, row[name] + draw.choice([1, -1]))


def meet(draw: random.Random, tables: Rows, bounds: dict[str, int], times: int) -> None:
    """Let two instants, or two recs, meet on their boundary: exactly, or just before it or after it."""
    apart = sorted({0, 1_000 * MS, 5_000 * MS, *bounds.values(), 2 * bounds["clock_error_ns"]})
    filled = [rows for name, rows in tables.items() if rows and name != "generator"]
    for _ in range(times):
        row, other = (draw.choice(draw.choice(filled)) for _ in range(2))
        name, place = draw.choice(list(row)), draw.choice(list(other))
        if name.endswith("_ns") and place.endswith("_ns") and other[place] is not None:
            distance = draw.choice(apart) + draw.choice([0, 0, draw.choice(apart)])
            row[name] = max(0, other[place] + draw.choice([1, 1, -1]) * distance)
        elif "rec" in name and name != "rec" and "rec" in place and other[place] is not None:
            row[name] = max(0, other[place] + draw.choice([0, 0, 1, -1]))


_PAGES: dict[str, tuple[Any, ...]] = {
    "min_seq": (None, 0, 1, 2), "complete": (True, False, None), "total": (None, 0, 1, 3), "outcome": ("ok", "fail"),
    "cursor": (None, "0", "1", "x"), "from_seq": (None, 1, 2), "to_seq": (None, 1, 2), "dir": (None, "backward"),
    "done_ns": (None,),
}
"""Column of a read → what it may tell."""


def go_on(draw: random.Random, tables: Rows, times: int) -> None:
    """Let reads go on on a further page of the same walk."""
    for _ in range(times if tables.get("reads") else 0):
        first = draw.choice(tables["reads"])
        further = 1 + max(row["read"] for row in tables["reads"])
        page = first | {"read": further, "rec": 1 + max(row["rec"] for row in tables["reads"])}
        for column in ("invoke_ns", "rec_invoke"):
            page[column] += draw.choice([0, 1, 10 * MS])
        for row in (first, page):
            told = draw.sample(list(_PAGES), draw.randrange(3))
            row |= {column: draw.choice(_PAGES[column]) for column in told}
        tables["reads"].append(page)
        for item in tables["read_items"]:
            if item["read"] == first["read"] and draw.random() < 0.5:
                item["read"] = further


def mix(draw: random.Random, tables: Rows, times: int) -> None:
    """Give cells what other rows have there, or nothing."""
    places = [
        (column, rows) for column, rows in _cells(tables)
        if column.name not in ("worker", "rec")
    ]
    for _ in range(times):
        column, rows = draw.choice(places)
        row, other = draw.choice(rows), draw.choice(rows)
        row[column.name] = None if not column.required and draw.random() < NULLS else other.get(column.name)


def turn(draw: random.Random, tables: Rows, times: int) -> None:
    """Make lies of truths and other words of words, and let views and epochs begin."""
    places = [
        (column, rows) for column, rows in _cells(tables)
        if column.values or column.type == "BOOL" or column.name in ("view", "epoch")
    ]
    for _ in range(times):
        column, rows = draw.choice(places)
        row = draw.choice(rows)
        if column.values:
            row[column.name] = draw.choice(ENUMERATIONS[column.values])
        else:
            row[column.name] = not row.get(column.name) if column.type == "BOOL" else row[column.name] + 1


def stretch(tables: Rows, factor: int) -> None:
    """Let everything take longer: some bounds are seconds whatever the run says."""
    for row in (row for table in tables.values() for row in table):
        row |= {name: value * factor for name, value in row.items() if name.endswith("_ns") and value is not None}


def _filled(tables: Rows) -> list[list[Row]]:
    """The tables with rows that may be lost, repeated or moved."""
    return [rows for name, rows in tables.items() if rows and name not in _ONCE]


def _cells(tables: Rows) -> list[tuple[Column, list[Row]]]:
    """Columns outside of keys, each with the rows of its table."""
    return [
        (column, rows)
        for name, rows in tables.items() if rows and name != "phases"
        for column in TABLES[name].columns if column.name not in TABLES[name].key
    ]
