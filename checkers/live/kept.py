"""Everything that was read of a running run, by segment, and the part of it that a round looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from chatproof.checkers.history.history import History
from chatproof.checkers.history.layout import LAYOUTS
from chatproof.checkers.history.merge import decode
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.history.schema import schema_of
from chatproof.checkers.history.tables import TABLES, Table

_PARENTS = {"op": "operations", "read": "reads"}
"""Column → the table that says of which conversation such a row is, for segments that do not say it themselves."""


class Kept:
    """The rows so far, in the schema `kept`: a table per segment, to which rows are only added.

    Attributes:
        history: its recorded tables hold the conversations that were shown last; nothing at first.
    """

    def __init__(self, run: RunDocument, tables: Mapping[str, pa.Table]) -> None:
        recorded = {name: schema_of(table).empty_table() for name, table in TABLES.items() if table.recorded}
        self.history = History(run, {**recorded, **tables})
        self._sql = self.history.sql
        self._sql.execute("SET threads = 1")
        self._sql.execute("CREATE SCHEMA kept")
        self._sql.execute("CREATE TABLE kept.changed (conv INTEGER)")
        for name, layout in LAYOUTS.items():
            blank = decode(name, np.empty(0, np.dtype(layout.dtype)), pa.array([], pa.string()))
            self._with_rows(blank.append_column("worker", pa.array([], pa.int16())), f'CREATE TABLE kept."{name}" AS')

    def add(self, segments: Mapping[str, pa.Table]) -> int:
        """Keep these rows and note which conversations they are about; returns how many rows they are.

        `segments` are in the order of `LAYOUTS`, so that what a row belongs to is there before it.
        """
        for name, rows in segments.items():
            self._with_rows(rows, f'INSERT INTO kept."{name}" BY NAME')
            if about := _conversations_of(name):
                self._with_rows(rows, "INSERT INTO kept.changed", about)
        return sum(rows.num_rows for rows in segments.values())

    def show_changed(self) -> int:
        """Put the conversations that changed since the last call, whole, into the history's tables; how many those are.

        The streams of users (`me`) run through all conversations and are shown whole every time.
        """
        count = self._sql.execute("SELECT count(DISTINCT conv) FROM kept.changed").fetchall()[0][0]
        for name, table in TABLES.items():
            if table.recorded:
                self._sql.execute(f"CREATE OR REPLACE TABLE main.{name} AS {_joined(table)} WHERE {_shown(table)}")
        self._sql.execute("DELETE FROM kept.changed")
        return int(count)

    def close(self) -> None:
        """Let go of the database."""
        self.history.close()

    def _with_rows(self, rows: pa.Table, statement: str, source: str = "SELECT * FROM incoming") -> None:
        """Run a statement that takes what `source` makes of these rows."""
        self._sql.register("incoming", rows)
        self._sql.execute(f"{statement} {source}")
        self._sql.unregister("incoming")


def _conversations_of(name: str) -> str:
    """SQL for the conversations of new rows of a segment; empty where they are of none."""
    columns = [column.name for column in LAYOUTS[name].columns]
    if "conv" in columns:
        return "SELECT DISTINCT conv FROM incoming WHERE conv IS NOT NULL"
    for column, parent in _PARENTS.items():
        if column in columns:
            return (
                f'SELECT DISTINCT p.conv FROM incoming i JOIN kept."{parent}.begin" p USING ({column}) '
                "WHERE p.conv IS NOT NULL"
            )
    return ""


def _joined(table: Table) -> str:
    """SQL for all rows of a table, halves joined, columns in order."""
    if not table.end:
        return f'SELECT {_listed(table.column_names)} FROM kept."{table.name}"'
    key = _listed(("worker", *table.key))
    own = _listed(_qualified(table))
    return f'SELECT {own} FROM kept."{table.name}.begin" b LEFT JOIN kept."{table.name}.end" e USING ({key})'


def _qualified(table: Table) -> Iterator[str]:
    """The columns of a table in halves, each from its half."""
    key = ("worker", *table.key)
    for name in table.column_names:
        yield name if name in key else f"{'e' if name in table.end else 'b'}.{name}"


def _shown(table: Table) -> str:
    """SQL for which rows of a table a round looks at: those of changed conversations."""
    if table.name == "deliveries":
        return "scope = 'me' OR conv IN (SELECT conv FROM kept.changed)"
    if table.name == "connections":
        return "true"
    if "conv" in table.column_names:
        return "conv IN (SELECT conv FROM kept.changed)"
    if "op" in table.key:
        return "op IN (SELECT op FROM main.operations)"
    return "false"


def _listed(names: Iterator[str] | tuple[str, ...]) -> str:
    """Columns, each quoted: some have the name of a word of SQL."""
    return ", ".join(".".join(f'"{part}"' for part in name.split(".")) for name in names)
