"""The smallest part of a history that still violates: rows around a finding are taken away while it is still found.

Every trial lays the relations over the rows that are left and runs the guarantee's own SQL, so that what remains is
a proof by the definition itself and not by somebody's notion of it. The work is bounded; the result is then merely
not the smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple, Self

import duckdb
import pyarrow as pa

from chatproof.checkers.guarantee import Finding, Guarantee, finding_of
from chatproof.checkers.guarantees.relations.catalogue import needed, tables_under
from chatproof.checkers.guarantees.relations.relation import Relation
from chatproof.checkers.history.schema import schema_of
from chatproof.checkers.history.tables import TABLES
from chatproof.checkers.neighbourhood import LEVELS, Neighbourhood, Row


class Proof(NamedTuple):
    """The rows that are needed to find it, and the trials made; no rows where the neighbourhood alone shows nothing."""

    rows: tuple[Row, ...]
    trials: int


def smallest(
    sql: duckdb.DuckDBPyConnection, guarantee: Guarantee, finding: Finding, around: Neighbourhood, trials: int
) -> Proof:
    """The smallest part of the neighbourhood that at most so many trials can show to violate the guarantee.

    `sql` has `claims` and `bounds`, the one-row relations that guarantees are judged by. A trial takes some hundredths
    of a second. What is broken for many devices is proven on any of them; there the kind, which may say for how many,
    is let go.
    """
    tables = needed_tables(guarantee.violations)
    with _Laboratory(sql, guarantee, finding, around, trials) as laboratory:
        for told in (_is_same, _is_akin) if len(finding.devs) <= 1 else (_is_akin,):
            for level in LEVELS:
                rows = [at for at, row in enumerate(around.rows) if row.score >= level and row.table in tables]
                if laboratory.finds(rows, told):
                    kept = _shrink(rows, partial(laboratory.finds, told=told))
                    return Proof(tuple(around.rows[at] for at in kept), laboratory.trials)
        return Proof((), laboratory.trials)


def _is_same(found: Finding, finding: Finding) -> bool:
    """The same kind of violation of the same things."""
    return found.kind == finding.kind and _is_akin(found, finding)


def _is_akin(found: Finding, finding: Finding) -> bool:
    """Nobody else is accused, and somebody who was still is."""
    return (
        found.conv == finding.conv
        and found.data.get("subject") == finding.data.get("subject")
        and set(found.ops) <= set(finding.ops)
        and _overlap(found.ops, finding.ops)
        and _overlap(found.seqs, finding.seqs)
        and _overlap(found.sessions, finding.sessions)
        and _overlap(found.devs, finding.devs)
    )


def _overlap(some: Sequence[int], others: Sequence[int]) -> bool:
    return not others or not set(some).isdisjoint(others)


def _shrink(rows: list[int], still: Callable[[list[int]], bool]) -> list[int]:
    """Take away ever smaller pieces, and single rows until none can go, while the rest still violates."""
    size = len(rows) // 2
    while size > 1:
        rows = _without(rows, size, still)
        size //= 2
    left = 0
    while len(rows) != left:
        left = len(rows)
        rows = _without(rows, 1, still)
    return rows


def _without(rows: list[int], size: int, still: Callable[[list[int]], bool]) -> list[int]:
    """The rows without each piece of that size that is not needed, the most distant ones first."""
    end = len(rows)
    while end > 0:
        start = max(0, end - size)
        rest = rows[:start] + rows[end:]
        rows = rest if still(rest) else rows
        end = start
    return rows


class _Laboratory:
    """A database of its own in which parts of the neighbourhood are judged, so often and no more.

    `<table>` is a view of the rows of `pool_<table>` whose number is in `chosen`; facts are number -1, always chosen.
    """

    def __init__(
        self,
        sql: duckdb.DuckDBPyConnection,
        guarantee: Guarantee,
        finding: Finding,
        around: Neighbourhood,
        max_trials: int,
    ) -> None:
        self.trials = 0
        self._max_trials = max_trials
        self._guarantee = guarantee
        self._finding = finding
        self._relations = needed_relations(guarantee.violations)
        self._db = duckdb.connect(config={"threads": 1})
        self._db.execute("PRAGMA disable_optimizer")  # planning is all the work that there is on some dozen rows
        self._db.execute("CREATE TABLE chosen (number INTEGER)")
        for name in ("claims", "bounds"):
            self._insert(name, sql.sql(f"SELECT * FROM {name}").to_arrow_table())
        for name in needed_tables(guarantee.violations):
            self._fill(name, around)

    def _fill(self, name: str, around: Neighbourhood) -> None:
        numbered = [(-1, row) for row in around.facts if row.table == name]
        numbered += [(at, row) for at, row in enumerate(around.rows) if row.table == name]
        schema = schema_of(TABLES[name])
        columns: list[pa.Array[Any]] = [
            pa.array([row.values[field.name] for _, row in numbered], field.type) for field in schema
        ]
        data = pa.table(columns, schema=schema)
        self._insert(f"pool_{name}", data.append_column("number", pa.array([at for at, _ in numbered], pa.int32())))
        self._db.execute(
            f"CREATE VIEW {name} AS SELECT * EXCLUDE (number) FROM pool_{name} p SEMI JOIN chosen c USING (number)"
        )

    def _insert(self, name: str, data: pa.Table) -> None:
        self._db.register("incoming", data)
        self._db.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
        self._db.unregister("incoming")

    def finds(self, rows: Sequence[int], told: Callable[[Finding, Finding], bool]) -> bool:
        """Whether these rows alone (by number) still show the finding; no, once the trials are used up."""
        if self.trials == self._max_trials:
            return False
        self.trials += 1
        self._db.execute("CREATE OR REPLACE TABLE chosen AS SELECT unnest(?)::INTEGER AS number", [[-1, *rows]])
        for relation in self._relations:
            self._db.execute(f"CREATE OR REPLACE TABLE {relation.name} AS {relation.select}")
        answer = self._db.execute(self._guarantee.violations)
        columns = [column[0] for column in answer.description or ()]
        return any(told(finding_of(columns, row), self._finding) for row in answer.fetchall())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()


def needed_tables(query: str) -> tuple[str, ...]:
    """The tables that a query rests on, directly or through relations."""
    return tables_under([query])


def needed_relations(query: str) -> tuple[Relation, ...]:
    """The relations that a query rests on, directly or through others, in the order in which they are built."""
    return needed([query])
