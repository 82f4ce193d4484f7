"""Tables as Arrow: the schema of each, and whether some data conforms to it.

Foreign writers are welcome, so what Arrow can cast without loss is cast, and missing columns that may be NULL are
NULL. Everything else is an error that names table, column and row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.tables import TABLES, Column, ColumnType, Table
from chatproof.checkers.history.vocabulary import ENUMERATIONS

Values: TypeAlias = "pa.ChunkedArray[Any]"

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "BOOL": pa.bool_(), "I16": pa.int16(), "I32": pa.int32(), "I64": pa.int64(), "F32": pa.float32(),
    "TEXT": pa.string(),
}


SQL_TYPES: dict[ColumnType, str] = {
    "BOOL": "BOOLEAN", "I16": "SMALLINT", "I32": "INTEGER", "I64": "BIGINT", "F32": "FLOAT", "TEXT": "VARCHAR",
}

LONGEST_NS = 1 << 61
"""Instants and durations are shorter, 73 years, so that sums and differences of a few never overflow."""

LARGEST_SEQ = (1 << 31) - 2
"""Seqs are no larger, so that there is one after each."""


def schema_of(table: Table) -> pa.Schema:
    """The Arrow schema of a table: its columns in order."""
    return pa.schema([pa.field(column.name, ARROW_TYPES[column.type]) for column in table.columns])


def table_of(name: str) -> Table:
    """The table of that name; raises `HistoryError` for an unknown one."""
    table = TABLES.get(name)
    if table is None:
        raise HistoryError(f"there is no table {name!r}; docs/HISTORY.md lists the tables")
    return table


def conform(table: Table, data: pa.Table) -> pa.Table:
    """`data` with exactly the table's columns and types; raises `HistoryError` where it is not such a table."""
    unknown = [name for name in data.column_names if name not in table.column_names]
    if unknown:
        raise HistoryError(f"table {table.name}, column {unknown[0]}: there is no such column")
    repeated = [name for name in table.column_names if data.column_names.count(name) > 1]
    if repeated:
        raise HistoryError(f"table {table.name}, column {repeated[0]}: it is there more than once")
    columns = [_conform_column(table, column, data) for column in table.columns]
    return pa.table(columns, schema=schema_of(table))


def check_part(table: Table, data: pa.Table, first_row: int) -> None:
    """Raise `HistoryError` where these columns of some rows, counted from `first_row`, are none of the table."""
    for column in table.columns:
        if column.name in data.column_names and not _is_plain(column, data.column(column.name)):
            _conform_column(table, column, data, first_row)


def _is_plain(column: Column, values: Values) -> bool:
    """Whether a glance at its distinct words shows that a dictionary-coded enumeration is in order."""
    if not column.values or not pa.types.is_dictionary(values.type) or (column.required and values.null_count):
        return False
    return all(word is None or word in ENUMERATIONS[column.values] for word in pc.unique(values).to_pylist())


def columns_of(table: Table) -> str:
    """The columns of a table as SQL declares them."""
    return ", ".join(f'"{column.name}" {SQL_TYPES[column.type]}' for column in table.columns)


def sql_of(table: Table, columns: Mapping[str, pa.DataType]) -> str:
    """What to select of a file with these columns to get the table: casts where types differ, NULL for the missing."""
    return ", ".join(_expression(column, columns.get(column.name)) for column in table.columns)


def _expression(column: Column, kind: pa.DataType | None) -> str:
    if kind is None:
        return f'NULL::{SQL_TYPES[column.type]} AS "{column.name}"'
    same = kind == ARROW_TYPES[column.type]
    return f'"{column.name}"' if same else f'"{column.name}"::{SQL_TYPES[column.type]} AS "{column.name}"'


def limit_of(column: Column) -> int | None:
    """The largest magnitude that a column's values may have, or None where its type is limit enough."""
    if column.name.endswith("_ns"):
        return LONGEST_NS
    return LARGEST_SEQ if column.name.endswith("seq") and column.type == "I32" else None


def _conform_column(table: Table, column: Column, data: pa.Table, first_row: int = 0) -> Values:
    kind = ARROW_TYPES[column.type]
    if column.name not in data.column_names:
        if column.required:
            raise HistoryError(f"table {table.name}, column {column.name}: it is required and missing")
        return pa.chunked_array([pa.array([None] * data.num_rows, kind)])
    values = _cast(table, column, data.column(column.name))
    if column.required and values.null_count:
        row = first_row + pc.index(pc.is_null(values), True).as_py()
        raise HistoryError(f"table {table.name}, column {column.name}, row {row}: it is required and NULL")
    if column.values:
        _check_values(table, column, values, first_row)
    largest = limit_of(column)
    if largest is not None:
        _check_range(table, column, values, largest, first_row)
    return values


def _check_range(table: Table, column: Column, values: Values, largest: int, first_row: int) -> None:
    """No value is beyond what can be reckoned with."""
    low, high = pc.min(values).as_py(), pc.max(values).as_py()
    if low is None or high is None or (-largest <= low and high <= largest):
        return
    beyond = (at for at, value in enumerate(values.to_pylist()) if value is not None and abs(value) > largest)
    row = next(beyond)
    raise HistoryError(
        f"table {table.name}, column {column.name}, row {first_row + row}: {values[row].as_py()} is beyond ±{largest}"
    )


def _cast(table: Table, column: Column, values: Values) -> Values:
    kind = ARROW_TYPES[column.type]
    if pa.types.is_temporal(values.type):  # its number would be in whatever unit it has
        raise HistoryError(
            f"table {table.name}, column {column.name}: {values.type} does not fit {column.type}; instants are whole ns"
        )
    try:
        cast = values if values.type == kind else values.cast(kind)
        if column.type == "TEXT":
            cast.validate(full=True)  # text from elsewhere may be no UTF-8
        return cast
    except pa.ArrowException as problem:
        raise HistoryError(
            f"table {table.name}, column {column.name}: {values.type} does not fit {column.type}: {problem}"
        ) from problem


def _check_values(table: Table, column: Column, values: Values, first_row: int) -> None:
    """Every value of an enumeration must be one of its words."""
    allowed = ENUMERATIONS[column.values]
    for value in pc.unique(values).to_pylist():
        if value is not None and value not in allowed:
            row = first_row + pc.index(values, value).as_py()
            raise HistoryError(
                f"table {table.name}, column {column.name}, row {row}: {value!r} is none of {', '.join(allowed)}"
            )
