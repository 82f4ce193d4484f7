"""The tables of a run as files: RUN/history/<table>.parquet, zstd, each whole or not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast

import pyarrow as pa
import pyarrow.parquet as pq

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.schema import (
    ARROW_TYPES,
    check_part,
    conform,
    limit_of,
    schema_of,
    sql_of,
    table_of,
)
from chatproof.checkers.history.tables import TABLES, Column, Table


def path_of(run_dir: Path, name: str) -> Path:
    """Where a table of a run is."""
    return run_dir / "history" / f"{name}.parquet"


def write_table(run_dir: Path, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one table from rows in their order; missing keys are NULL. Raises `HistoryError` for a row that is none."""
    table = table_of(name)
    write_data(run_dir, table, data_of(table, list(rows)))


def data_of(table: Table, rows: list[Mapping[str, Any]]) -> pa.Table:
    """Rows as Arrow data of the table. Raises `HistoryError` for an unknown key or a value that does not fit."""
    known = set(table.column_names)
    for at, row in enumerate(rows):
        unknown = [key for key in row if key not in known]
        if unknown:
            raise HistoryError(f"table {table.name}, column {unknown[0]}, row {at}: there is no such column")
    columns = [_column_of(table, field, rows) for field in schema_of(table)]
    return conform(table, pa.table(columns, schema=schema_of(table)))


def _column_of(table: Table, field: pa.Field[Any], rows: list[Mapping[str, Any]]) -> pa.Array[Any]:
    try:
        values: pa.Array[Any] = pa.array([row.get(field.name) for row in rows], field.type)
    except (pa.ArrowException, OverflowError) as problem:
        raise HistoryError(f"table {table.name}, column {field.name}: {problem}") from problem
    return values


def write_data(run_dir: Path, table: Table, data: pa.Table) -> None:
    """Write a table whole: into a file beside it, then renamed, so that no reader meets half of it."""
    path = path_of(run_dir, table.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    pq.write_table(data, part, compression="zstd")
    part.replace(path)


def read_table(run_dir: Path, name: str) -> pa.Table | None:
    """One table of a run, or None where the run has none. Raises `HistoryError` for a broken or foreign file."""
    path = path_of(run_dir, name)
    if not path.exists():
        return None
    with _whole(path):
        data = pq.read_table(path)
    return conform(table_of(name), data)


def read_tables(run_dir: Path) -> dict[str, pa.Table]:
    """All tables that the run has. Raises `HistoryError` for a file that is no table of ours, and as `read_table`."""
    _only_tables(run_dir)
    found = {name: read_table(run_dir, name) for name in TABLES}
    return {name: data for name, data in found.items() if data is not None}


class TableFile(NamedTuple):
    """A table that is read where it stands. `select`: its rows, with the columns and types of the vocabulary."""

    select: str


def open_tables(run_dir: Path, loaded_rows: int) -> dict[str, pa.Table | TableFile]:
    """All tables that the run has: those of no more than `loaded_rows` read, others checked as a stream of so many.

    Raises as `read_tables`.
    """
    _only_tables(run_dir)
    present = [table for table in TABLES.values() if path_of(run_dir, table.name).exists()]
    return {table.name: _open_table(run_dir, table, loaded_rows) for table in present}


def _open_table(run_dir: Path, table: Table, loaded_rows: int) -> pa.Table | TableFile:
    path = path_of(run_dir, table.name)
    with _whole(path):
        metadata = pq.read_metadata(path)
    if metadata.num_rows > loaded_rows:
        with _whole(path):
            file = pq.ParquetFile(path, read_dictionary=_enumerations(table, metadata.schema.names))
        with file:
            return _check_file(table, path, file, loaded_rows)
    data = read_table(run_dir, table.name)
    assert data is not None, f"{path} was there a moment ago"
    return data


def _enumerations(table: Table, present: Sequence[str]) -> list[str]:
    """The present columns whose values come from a list: read as dictionaries, a glance at their words is enough."""
    return [column.name for column in table.columns if column.values and column.name in present]


def _check_file(table: Table, path: Path, file: pq.ParquetFile, at_once: int) -> TableFile:
    """Check a file by what it says of itself, and by a look at those columns of which it does not say enough."""
    conform(table, file.schema_arrow.empty_table())
    looked_at = [column.name for column in table.columns if _is_doubtful(column, file)]
    first_row = 0
    with _whole(path):
        batches = file.iter_batches(at_once, columns=looked_at)
        for batch in batches:
            check_part(table, pa.Table.from_batches([batch]), first_row)
            first_row += batch.num_rows
    kinds = {field.name: field.type for field in file.schema_arrow}
    return TableFile(f"SELECT {sql_of(table, kinds)} FROM read_parquet('{quoted(path)}')")


def quoted(path: Path) -> str:
    """A path within quotes in SQL."""
    return str(path.absolute()).replace("'", "''")


def _is_doubtful(column: Column, file: pq.ParquetFile) -> bool:
    """Whether only its values can say that a column of a file is in order."""
    at = file.schema_arrow.get_field_index(column.name)
    if at < 0:
        return False
    if column.type == "TEXT" or file.schema_arrow.field(at).type != ARROW_TYPES[column.type]:
        return True
    groups = [file.metadata.row_group(number).column(at).statistics for number in range(file.metadata.num_row_groups)]
    return not all(_says_enough(column, statistics) for statistics in groups)


def _says_enough(column: Column, statistics: pq.Statistics | None) -> bool:
    if statistics is None or statistics.null_count is None or (column.required and statistics.null_count):
        return False
    largest = limit_of(column)
    if largest is None:
        return True
    if not statistics.has_min_max:
        return bool(statistics.num_values == 0)
    low, high = cast(int, statistics.min), cast(int, statistics.max)
    return -largest <= low and high <= largest


def _only_tables(run_dir: Path) -> None:
    """A file of another name may be a misspelt table."""
    for path in sorted((run_dir / "history").glob("*.parquet")):
        table_of(path.stem)


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """What cannot be read is no whole file."""
    try:
        yield
    except (pa.ArrowException, OSError) as problem:
        raise HistoryError(f"table {path.stem}: {path.name} is not a whole Parquet file: {problem}") from problem
