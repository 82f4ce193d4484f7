"""All relations in the order in which they are built, and how they are laid over a history."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from chatproof.checkers.guarantees.relations import observers, permission, presence, retention, sightings, time
from chatproof.checkers.guarantees.relations.relation import Relation
from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.history.schema import columns_of
from chatproof.checkers.history.tables import TABLES

RELATIONS: tuple[Relation, ...] = (
    *time.RELATIONS, *sightings.RELATIONS, *observers.RELATIONS, *permission.RELATIONS, *presence.RELATIONS,
    *retention.RELATIONS,
)

_SCHEMA = "judging"


@contextmanager
def relations(history: History, queries: Iterable[str] | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The history's connection with the relations that queries rest on, or all, in place; they are gone afterwards."""
    with judging(history) as sql:
        lay(sql, RELATIONS if queries is None else needed(queries))
        yield sql


@contextmanager
def judging(history: History) -> Iterator[duckdb.DuckDBPyConnection]:
    """The history's connection, made ready for relations; they are gone afterwards, as is what was put beside them."""
    try:
        prepare(history.sql, history.run, history.absent)
        yield history.sql
    finally:
        history.sql.execute("SET search_path = 'main'")
        history.sql.execute(f"DROP SCHEMA {_SCHEMA} CASCADE")


def prepare(sql: duckdb.DuckDBPyConnection, run: RunDocument, absent: Iterable[str]) -> None:
    """Begin a schema for relations, with stand-ins of the absent tables and the constants of the run.

    Absent tables are empty here, so that a relation need not know which tables a run has: whether a guarantee can
    be judged without a table is for the guarantee to say. `bounds` and `claims` are relations of one row.
    """
    sql.execute(f"CREATE SCHEMA {_SCHEMA}")
    sql.execute(f"SET search_path = '{_SCHEMA},main'")
    for name in absent:
        sql.execute(f"CREATE TABLE {name} ({columns_of(TABLES[name])})")
    _constants(sql, "bounds", {**run.bounds, "error_ns": clock_error_ns(run)})
    _constants(sql, "claims", run.claims)


def lay(sql: duckdb.DuckDBPyConnection, chosen: Iterable[Relation]) -> None:
    """Build relations in this order, which is that of `RELATIONS`; those that they rest on are there."""
    for relation in chosen:
        sql.execute(f"CREATE {'VIEW' if relation.is_view else 'TABLE'} {relation.name} AS {relation.select}")


def needed(queries: Iterable[str], there: Container[str] = ()) -> tuple[Relation, ...]:
    """The relations that queries rest on, directly or through others, as far as they are not `there` already.

    In the order of `RELATIONS`. A word that only looks like a relation's name costs time and nothing else.
    """
    found: list[Relation] = []
    text = " ".join(queries)
    for relation in reversed(RELATIONS):
        if relation.name not in there and mentions(text, relation.name):
            found.append(relation)
            text += relation.select
    return tuple(reversed(found))


def tables_under(queries: Sequence[str], there: Container[str] = ()) -> tuple[str, ...]:
    """The tables that queries rest on, directly or through relations that are not `there` already."""
    text = " ".join([*queries, *(relation.select for relation in needed(queries, there))])
    return tuple(name for name in TABLES if mentions(text, name))


def mentions(text: str, name: str) -> bool:
    """Whether a query has this word."""
    return re.search(rf"\b{name}\b", text) is not None


def clock_error_ns(run: RunDocument) -> int:
    """How far two workers' clocks may be apart at most, each way: the bound, or more where a worker says so."""
    return max([run.bounds["clock_error_ns"], *(worker.err_ns for worker in run.workers)])


def _constants(sql: duckdb.DuckDBPyConnection, name: str, values: dict[str, Any]) -> None:
    """A relation of one row: a column for each key."""
    columns = ", ".join(f'?::{_constant_type(value)} AS "{key}"' for key, value in values.items())
    sql.execute(f"CREATE TABLE {name} AS SELECT {columns}", list(values.values()))


def _constant_type(value: object) -> str:
    """The SQL type of a claim or bound; integers are 64 bits wide, as sums of instants need."""
    return {bool: "BOOLEAN", int: "BIGINT", str: "VARCHAR"}[type(value)]
