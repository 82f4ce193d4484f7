"""All relations in the order in which they are built, and how they are laid over a history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from chatproof.checkers.guarantees.relations import observers, permission, presence, retention, sightings, time
from chatproof.checkers.guarantees.relations.relation import Relation
from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.history.tables import TABLES, ColumnType

RELATIONS: tuple[Relation, ...] = (
    *time.RELATIONS, *sightings.RELATIONS, *observers.RELATIONS, *permission.RELATIONS, *presence.RELATIONS,
    *retention.RELATIONS,
)

_SCHEMA = "judging"
_SQL_TYPES: dict[ColumnType, str] = {
    "BOOL": "BOOLEAN", "I16": "SMALLINT", "I32": "INTEGER", "I64": "BIGINT", "F32": "FLOAT", "TEXT": "VARCHAR",
}


@contextmanager
def relations(history: History) -> Iterator[duckdb.DuckDBPyConnection]:
    """The history's connection with every relation in place; they are gone afterwards.

    Absent tables are empty here, so that a relation need not know which tables a run has: whether a guarantee can
    be judged without a table is for the guarantee to say. `bounds` and `claims` are relations of one row.
    """
    sql = history.sql
    sql.execute(f"CREATE SCHEMA {_SCHEMA}")
    sql.execute(f"SET search_path = '{_SCHEMA},main'")
    try:
        _lay(sql, history)
        yield sql
    finally:
        sql.execute("SET search_path = 'main'")
        sql.execute(f"DROP SCHEMA {_SCHEMA} CASCADE")


def _lay(sql: duckdb.DuckDBPyConnection, history: History) -> None:
    """Build the stand-ins of absent tables, the constants of the run, and the relations, in this order."""
    for name in history.absent:
        columns = ", ".join(f'"{column.name}" {_SQL_TYPES[column.type]}' for column in TABLES[name].columns)
        sql.execute(f"CREATE TABLE {_SCHEMA}.{name} ({columns})")
    _constants(sql, "bounds", {**history.run.bounds, "error_ns": clock_error_ns(history.run)})
    _constants(sql, "claims", history.run.claims)
    for relation in RELATIONS:
        sql.execute(f"CREATE TABLE {_SCHEMA}.{relation.name} AS {relation.select}")


def clock_error_ns(run: RunDocument) -> int:
    """How far two workers' clocks may be apart at most, each way: the bound, or more where a worker says so."""
    return max([run.bounds["clock_error_ns"], *(worker.err_ns for worker in run.workers)])


def _constants(sql: duckdb.DuckDBPyConnection, name: str, values: dict[str, Any]) -> None:
    """A relation of one row: a column for each key."""
    columns = ", ".join(f'?::{_constant_type(value)} AS "{key}"' for key, value in values.items())
    sql.execute(f"CREATE TABLE {_SCHEMA}.{name} AS SELECT {columns}", list(values.values()))


def _constant_type(value: object) -> str:
    """The SQL type of a claim or bound; integers are 64 bits wide, as sums of instants need."""
    return {bool: "BOOLEAN", int: "BIGINT", str: "VARCHAR"}[type(value)]
