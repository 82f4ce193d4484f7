"""The checksum of a worker's rows of one table: what run.json keeps, and what a judge computes again.

It is taken over the merged rows in order of `rec`, column by column, in an encoding that depends on the values only:
not on the file, its compression or its row groups.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from chatproof.checkers.history.layout import NULLS
from chatproof.checkers.history.tables import Column, Table


def worker_rows(data: pa.Table, worker: int) -> pa.Table:
    """The rows that one worker recorded, in order of `rec`."""
    return data.filter(pc.equal(data.column("worker"), pa.scalar(worker, pa.int16()))).sort_by("rec")


def checksum(table: Table, rows: pa.Table) -> str:
    """SHA-256 in hex over a worker's rows, which are in order of `rec`."""
    digest = hashlib.sha256()
    for column in table.columns:
        values = rows.column(column.name).combine_chunks()
        digest.update(f"{column.name}:{column.type}\n".encode())
        digest.update(_text_bytes(values) if column.type == "TEXT" else _number_bytes(column, values))
    return digest.hexdigest()


def _number_bytes(column: Column, values: pa.Array[Any]) -> bytes:
    """Fixed-width little-endian values, NULL as in a segment."""
    if column.type == "BOOL":
        values = values.cast(pa.int8())
    return values.fill_null(NULLS[column.type]).to_numpy(zero_copy_only=False).tobytes()


def _text_bytes(values: pa.Array[Any]) -> bytes:
    """The distinct texts in order, then each row's place among them; NULL is -1."""
    encoded = values.dictionary_encode()
    texts: list[str] = [str(text) for text in encoded.dictionary.to_pylist()]
    order = sorted(range(len(texts)), key=lambda at: texts[at])
    places = np.full(len(texts) + 1, -1, np.int32)
    places[order] = np.arange(len(texts), dtype=np.int32)
    codes: NDArray[np.int32] = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return "\0".join(texts[at] for at in order).encode() + b"\n" + places[codes].tobytes()
