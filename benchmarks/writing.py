"""Writes tables as a merge does: rows of a stretch of time in order of `rec`, what comes later with a later stretch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from chatproof.checkers.history.parquet import path_of
from chatproof.checkers.history.schema import schema_of
from chatproof.checkers.history.tables import TABLES

WORKERS = 2
_DEVICES = 4_096
"""More than any run has: `rec` is the instant and the device in one number, unique in its table."""


class Words(NamedTuple):
    """A column of text: the distinct words, and the place of each row's word among them; -1 is NULL."""

    words: tuple[str, ...]
    codes: NDArray[np.int8]


Column: TypeAlias = "NDArray[Any] | Words | pa.Array[Any]"
Columns: TypeAlias = dict[str, Column]


def rec_of(t_ns: NDArray[np.int64], dev: NDArray[np.int64]) -> NDArray[np.int64]:
    """The record number of what a device saw or did at an instant."""
    return t_ns * _DEVICES + dev


def record(t_ns: NDArray[np.int64], dev: NDArray[np.int64]) -> Columns:
    """`worker` and `rec` of what devices saw or did: even and odd devices have different workers."""
    return {"worker": dev % WORKERS, "rec": rec_of(t_ns, dev)}


def constant(word: str, count: int) -> Words:
    """The same word everywhere."""
    return Words((word,), np.zeros(count, np.int8))


def write(run_dir: Path, name: str, parts: Iterable[Columns]) -> int:
    """Write one table from parts whose beginnings are in the order of time; returns its rows.

    What a part holds that is later than the next part's beginning waits for that one. Columns that a part leaves out
    are NULL.
    """
    table = TABLES[name]
    schema = schema_of(table)
    path = path_of(run_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting, rows = schema.empty_table(), 0
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for part in parts:
            data, done = _data(schema, part), waiting
            if not data.num_rows:
                continue
            if table.recorded:
                done, late = _split(waiting, int(data.column("rec").to_numpy().min()))
                data = pa.concat_tables([late, data])
                data = data.take(np.argsort(data.column("rec").to_numpy(), kind="stable"))
            writer.write_table(done)
            rows += done.num_rows
            waiting = data
        writer.write_table(waiting)
    return rows + waiting.num_rows


def _split(data: pa.Table, first: int) -> tuple[pa.Table, pa.Table]:
    """The rows whose `rec` is below `first`, and the others; they are in order."""
    at = int(np.searchsorted(data.column("rec").to_numpy(), first))
    return data.slice(0, at), data.slice(at)


def _data(schema: pa.Schema, part: Columns) -> pa.Table:
    count = next(_length(column) for column in part.values())
    columns = [
        _array(part[field.name], field.type) if field.name in part else pa.nulls(count, field.type) for field in schema
    ]
    return pa.table(columns, schema=schema)


def _length(column: Column) -> int:
    return len(column.codes) if isinstance(column, Words) else len(column)


def _array(column: Column, kind: pa.DataType) -> pa.Array[Any]:
    if isinstance(column, Words):
        codes: pa.Array[Any] = pa.array(column.codes, mask=column.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.words, kind)).cast(kind)
    return column if isinstance(column, pa.Array) else pa.array(column).cast(kind)
