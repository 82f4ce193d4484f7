"""One run's history, opened for judging: the run document, and its tables in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import duckdb
import pyarrow as pa

from chatproof.checkers.history.database import Resources, connect
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.parquet import TableFile, data_of, open_tables, write_table
from chatproof.checkers.history.run_document import RunDocument, complete, read_run, write_run
from chatproof.checkers.history.schema import columns_of, table_of
from chatproof.checkers.history.tables import TABLES

__all__ = ["History", "read_run", "write_run", "write_table"]


class History:
    """The tables of one run, checked against `tables.TABLES`; absent tables do not exist in `sql`.

    Attributes:
        run: the run document, with every claim and bound.
        sql: a DuckDB connection of its own, in memory, with one table or view per present table.
        absent: the names of the tables that the run does not have.
        resources: what may be used to judge it.
    """

    def __init__(
        self, run: RunDocument, tables: Mapping[str, pa.Table | TableFile], resources: Resources | None = None
    ) -> None:
        self.run = complete(run)
        self.absent = tuple(name for name in TABLES if name not in tables)
        self.resources = resources or Resources()
        self.sql = connect(self.resources)
        for name, data in tables.items():
            self._load(name, data)

    def _load(self, name: str, data: pa.Table | TableFile) -> None:
        if isinstance(data, TableFile):
            self.sql.execute(f"CREATE VIEW {name} AS {data.select}")
            return
        if not data.num_rows:
            self.sql.execute(f"CREATE TABLE {name} ({columns_of(TABLES[name])})")
            return
        self.sql.register("incoming", data)
        try:
            self.sql.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
        except duckdb.Error as problem:
            raise HistoryError(f"table {name} cannot be read: {problem}") from problem
        self.sql.unregister("incoming")

    @classmethod
    def open(cls, run_dir: Path | str, resources: Resources | None = None) -> History:
        """Read RUN/run.json and RUN/history/*.parquet; large tables are checked now and read when they are asked for.

        Raises `HistoryError`, one sentence that names table, column and row, for anything that is not a history:
        a truncated file, a column of another type, a NULL or word where there must be none, an unknown claim.
        """
        resources = resources or Resources()
        return cls(read_run(Path(run_dir)), open_tables(Path(run_dir), resources.loaded_rows), resources)

    @classmethod
    def of(cls, run: RunDocument, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> History:
        """A history from rows in memory. Columns that a row leaves out are NULL, `worker` 0, and `rec` the next number.

        Raises `HistoryError` as `open` does.
        """
        recs = count(1)
        return cls(
            run,
            {name: data_of(table_of(name), list(_numbered(name, rows, recs))) for name, rows in tables.items()},
        )

    def has(self, *names: str) -> bool:
        """Whether the run has all these tables."""
        return not set(names) & set(self.absent)

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, `?` standing for the parameters in order."""
        return self.sql.execute(query, parameters).fetchall()

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query as Arrow batches of at most a million, in order, none held for longer than it is used."""
        yield from cast(pa.RecordBatchReader, self.sql.sql(query).to_arrow_reader(1_000_000))

    def close(self) -> None:
        """Let go of the database."""
        self.sql.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _numbered(name: str, rows: Sequence[Mapping[str, Any]], recs: Iterator[int]) -> Iterator[Mapping[str, Any]]:
    """Rows of a recorded table with `worker` and `rec` where they have none; other rows as they are."""
    for row in rows:
        yield {"worker": 0, "rec": next(recs), **row} if table_of(name).recorded else row
