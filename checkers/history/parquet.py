"""The tables of a run as files: RUN/history/<table>.parquet, zstd, each whole or not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.schema import conform, schema_of, table_of
from chatproof.checkers.history.tables import TABLES, Table


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
    table, path = table_of(name), path_of(run_dir, name)
    if not path.exists():
        return None
    try:
        data = pq.read_table(path)
    except (pa.ArrowException, OSError) as problem:
        raise HistoryError(f"table {name}: {path.name} is not a whole Parquet file: {problem}") from problem
    return conform(table, data)


def read_tables(run_dir: Path) -> dict[str, pa.Table]:
    """All tables that the run has. Raises `HistoryError` for a file that is no table of ours, and as `read_table`."""
    for path in sorted((run_dir / "history").glob("*.parquet")):
        table_of(path.stem)
    found = {name: read_table(run_dir, name) for name in TABLES}
    return {name: data for name, data in found.items() if data is not None}
