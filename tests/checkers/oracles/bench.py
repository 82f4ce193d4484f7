"""Judges thousands of small histories by one guarantee: a connection that is kept, and only what its query rests on."""

from __future__ import annotations

import os
from functools import cache
from itertools import count
from typing import Any

import duckdb

from chatproof.checkers.guarantee import Finding, Guarantee, finding_of
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.history.parquet import data_of
from chatproof.checkers.history.run_document import RunDocument, complete
from chatproof.checkers.history.tables import TABLES
from chatproof.checkers.witnesses import needed_relations, needed_tables
from tests.checkers.model import Recorded

EXAMPLES = int(os.environ.get("CHATPROOF_EXAMPLES", "8"))
"""Examples of one cross-check in the slow suite. `make long` makes tens of thousands in all."""

LONGEST_S = 60 + EXAMPLES
"""A cross-check takes some hundredths of a second an example, more on a busy machine."""

_TYPES = {bool: "BOOLEAN", int: "BIGINT", str: "VARCHAR"}


class Bench:
    """One guarantee and the connection that it is judged on."""

    def __init__(self, guarantee: Guarantee) -> None:
        self._guarantee = guarantee
        self._tables = needed_tables(guarantee.violations)
        self._relations = needed_relations(guarantee.violations)
        self._sql = duckdb.connect(config={"threads": 1})
        self._sql.execute("PRAGMA disable_optimizer")  # planning is all the work that there is on some hundred rows

    def find(self, recorded: Recorded) -> list[Finding]:
        """All violations, as `judge.find` gives them for the whole history."""
        recs = count(1)
        for name in self._tables:
            table = TABLES[name]
            rows = recorded.tables.get(name, [])
            numbered = [{"worker": 0, "rec": next(recs), **row} for row in rows] if table.recorded else rows
            self._sql.register("incoming", data_of(table, numbered))
            self._sql.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM incoming")
            self._sql.unregister("incoming")
        self._constants(complete(recorded.run))
        for relation in self._relations:
            self._sql.execute(f"CREATE OR REPLACE TABLE {relation.name} AS {relation.select}")
        answer = self._sql.execute(self._guarantee.violations)
        columns = [column[0] for column in answer.description or ()]
        return [finding_of(columns, row) for row in answer.fetchall()]

    def _constants(self, run: RunDocument) -> None:
        """`claims` and `bounds`, a row each."""
        bounds: dict[str, Any] = {**run.bounds, "error_ns": run.bounds["clock_error_ns"]}
        for name, values in (("claims", run.claims), ("bounds", bounds)):
            columns = ", ".join(f'?::{_TYPES[type(value)]} AS "{key}"' for key, value in values.items())
            self._sql.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {columns}", list(values.values()))


@cache
def bench(name: str) -> Bench:
    """The bench of a guarantee; made once, for setting up a connection costs more than judging on it."""
    return Bench(GUARANTEES[name])
