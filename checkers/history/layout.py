"""How a row of each segment is laid out in bytes: derived from the tables, shared by the writer and the readers.

A row is `rec` (I64) and then the segment's columns, packed, little-endian. NULL is the smallest value of the type
(NaN for F32); TEXT is an I32 code into the worker's dictionary. A table with halves has two segments,
`<table>.begin` and `<table>.end`. A column that means the row's own `rec` is not stored: see `OWN_REC`.
"""

from __future__ import annotations

import hashlib
import math
from struct import Struct
from typing import NamedTuple

from chatproof.checkers.history.tables import TABLES, Column, ColumnType, Table

NULL_I32 = -(2**31)
NULLS: dict[ColumnType, int | float] = {
    "BOOL": -128, "I16": -(2**15), "I32": NULL_I32, "I64": -(2**63), "F32": math.nan, "TEXT": NULL_I32,
}
"""Column type → how NULL is stored."""
_CODES: dict[ColumnType, str] = {"BOOL": "b", "I16": "h", "I32": "i", "I64": "q", "F32": "f", "TEXT": "i"}
_DTYPES: dict[ColumnType, str] = {
    "BOOL": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "F32": "<f4", "TEXT": "<i4",
}
OWN_REC: dict[str, tuple[str, ...]] = {"begin": ("rec_invoke", "from_rec"), "end": ("rec_done", "to_rec")}
"""Half → the columns of its row that are that row's own `rec`; the merge fills them. A key stays a stored column."""


class Layout(NamedTuple):
    """One segment's rows: its stored columns in order (without `worker` and `rec`) and their encoding."""

    name: str
    table: str
    columns: tuple[Column, ...]
    row: Struct
    fingerprint: bytes

    @property
    def dtype(self) -> list[tuple[str, str]]:
        """The same row for numpy: `rec`, then the stored columns."""
        return [("rec", "<i8"), *((column.name, _DTYPES[column.type]) for column in self.columns)]


def _layout(name: str, table: str, columns: tuple[Column, ...]) -> Layout:
    spelled = " ".join(f"{column.name}:{column.type}" for column in columns)
    row = Struct("<q" + "".join(_CODES[column.type] for column in columns))
    return Layout(name, table, columns, row, hashlib.sha256(f"{name} {spelled}".encode()).digest())


def _layouts_of(table: Table) -> tuple[Layout, ...]:
    """The segments of a recorded table: one, or its two halves."""
    own = tuple(column for column in table.columns if column.name not in ("worker", "rec"))
    if not table.end:
        return (_layout(table.name, table.name, own),)
    begin = tuple(c for c in own if c.name not in table.end and c.name not in OWN_REC["begin"])
    key = tuple(c for c in own if c.name in table.key)
    end = tuple(c for c in own if c.name in table.end and c.name not in OWN_REC["end"])
    return (
        _layout(f"{table.name}.begin", table.name, begin),
        _layout(f"{table.name}.end", table.name, key + end),
    )


LAYOUTS: dict[str, Layout] = {
    layout.name: layout for table in TABLES.values() if table.recorded for layout in _layouts_of(table)
}
"""Segment name → its layout."""
