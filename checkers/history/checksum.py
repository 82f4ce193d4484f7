"""The checksum of a worker's rows of one table: what run.json keeps, and what a judge computes again.

It is taken over the merged rows in order of `rec`, column by column, in an encoding that depends on the values only:
not on the file, its compression or its row groups.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chatproof.checkers.history.layout import NULLS
from chatproof.checkers.history.tables import Column, Table


def worker_rows(data: pa.Table, worker: int) -> pa.Table:
    """The rows that one worker recorded, in order of `rec`."""
    return data.filter(pc.equal(data.column("worker"), pa.scalar(worker, pa.int16()))).sort_by("rec")


def checksum(table: Table, rows: pa.Table) -> str:
    """SHA-256 in hex over a worker's rows, which are in order of `rec`."""
    return checksum_of(table, lambda name: [rows.column(name).combine_chunks()])


def checksum_of(table: Table, read: Callable[[str], Iterable[pa.Array[Any]]]) -> str:
    """The same, of rows that are too many to be held: `read` gives a column's values in parts, as often as asked."""
    digest = hashlib.sha256()
    for column in table.columns:
        digest.update(f"{column.name}:{column.type}\n".encode())
        for part in _parts(column, partial(read, column.name)):
            digest.update(part)
    return digest.hexdigest()


def _parts(column: Column, read: Callable[[], Iterable[pa.Array[Any]]]) -> Iterator[bytes]:
    if column.type != "TEXT":
        yield from (_number_bytes(column, values) for values in read())
        return
    texts = sorted({str(text) for values in read() for text in values.unique().to_pylist() if text is not None})
    yield "\0".join(texts).encode() + b"\n"
    places = pa.array(texts, pa.string())
    yield from (_place_bytes(values, places) for values in read())


def _number_bytes(column: Column, values: pa.Array[Any]) -> bytes:
    """Fixed-width little-endian values, NULL as in a segment."""
    if column.type == "BOOL":
        values = values.cast(pa.int8())
    return values.fill_null(NULLS[column.type]).to_numpy(zero_copy_only=False).tobytes()


def _place_bytes(values: pa.Array[Any], texts: pa.Array[Any]) -> bytes:
    """Each row's place among the distinct texts, which are in order; NULL is -1."""
    return pc.index_in(values, value_set=texts).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32).tobytes()
