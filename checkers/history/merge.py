"""The merge: segments of all workers become the recorded tables of a run, each row verified on the way.

The begin half of a row is the row; its end half is joined by the table's key. A row without an end is pending and
keeps NULL there. Verified: each worker's `rec` runs from 1 without a hole over all its segments; every end has one
begin; texts, required columns and enumerations are what the tables say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from chatproof.checkers.history.checksum import checksum, worker_rows
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.layout import LAYOUTS, NULLS, OWN_REC
from chatproof.checkers.history.parquet import write_data
from chatproof.checkers.history.run_document import Segment
from chatproof.checkers.history.schema import conform
from chatproof.checkers.history.segments import SegmentRows, read_segments, read_texts
from chatproof.checkers.history.tables import TABLES, Column, Table


def merge(run_dir: Path) -> tuple[Segment, ...]:
    """Write RUN/history/<table>.parquet for every recorded table that has a segment, sorted by (worker, rec).

    Returns what was merged, one entry per table and worker, for run.json. Raises `HistoryError` (torn segments).
    """
    segments = read_segments(run_dir / "segments")
    workers = sorted({segment.worker for segment in segments})
    for worker in workers:
        _check_continuity(worker, [segment for segment in segments if segment.worker == worker])
    texts = {worker: pa.array(read_texts(run_dir / "segments", worker), pa.string()) for worker in workers}
    named = {(segment.name, segment.worker): _Part(segment, texts[segment.worker]) for segment in segments}
    return tuple(
        merged
        for table in TABLES.values()
        if any(LAYOUTS[name].table == table.name for name, _ in named)
        for merged in _merge_table(run_dir, table, workers, named)
    )


class _Part(NamedTuple):
    """One segment and its worker's texts."""

    segment: SegmentRows
    texts: pa.Array[Any]


def _merge_table(
    run_dir: Path, table: Table, workers: list[int], parts: dict[tuple[str, int], _Part]
) -> list[Segment]:
    names = [name for name, layout in LAYOUTS.items() if layout.table == table.name]
    merged, tables = [], []
    for worker in workers:
        own = [parts[name, worker] for name in names if (name, worker) in parts]
        if own:
            rows = worker_rows(conform(table, _rows_of(table, worker, own)), worker)
            tables.append(rows)
            merged.append(_summary(table, worker, own, rows))
    write_data(run_dir, table, pa.concat_tables(tables))
    return merged


def _summary(table: Table, worker: int, parts: list[_Part], rows: pa.Table) -> Segment:
    """What run.json says of a worker's rows: halves count as closed when both are, and as far as the earlier one."""
    return Segment(
        table=table.name, worker=worker, rows=rows.num_rows, sha256=checksum(table, rows),
        watermark_ns=min(part.segment.watermark_ns for part in parts),
        closed=all(part.segment.closed for part in parts),
    )


def _rows_of(table: Table, worker: int, parts: list[_Part]) -> pa.Table:
    """One worker's rows of a table, halves joined, with `worker`, `rec` and the columns that mean a row's own `rec`."""
    decoded = {part.segment.name: decode(part.segment.name, part.segment.rows, part.texts) for part in parts}
    if not table.end:
        rows = decoded[table.name]
    else:
        begin, end = decoded.get(f"{table.name}.begin"), decoded.get(f"{table.name}.end")
        if begin is None:
            raise HistoryError(f"table {table.name}, worker {worker}: rows end that never began")
        rows = begin if end is None else _join(table, worker, begin, end)
    return rows.append_column("worker", pa.array(np.full(rows.num_rows, worker, np.int16)))


def _join(table: Table, worker: int, begin: pa.Table, end: pa.Table) -> pa.Table:
    """Each begin with its end, if it has one."""
    key = list(table.key)
    counts = end.group_by(key).aggregate([([], "count_all")])
    if counts.num_rows < end.num_rows:
        twice = counts.sort_by([("count_all", "descending")])
        raise HistoryError(f"table {table.name}, worker {worker}: the row {_first(twice, key)} ends twice")
    end = end.rename_columns(["_end_rec" if name == "rec" else name for name in end.column_names])
    orphans = end.join(begin.select(key), keys=key, join_type="left anti")
    if orphans.num_rows:
        raise HistoryError(f"table {table.name}, worker {worker}: the row {_first(orphans, key)} ends but never began")
    return begin.join(end, keys=key, join_type="left outer").drop_columns(["_end_rec"])


def _first(rows: pa.Table, key: list[str]) -> str:
    """The key of the first row, in words."""
    return ", ".join(f"{name} {rows.column(name)[0].as_py()}" for name in key)


def decode(name: str, rows: NDArray[np.void], texts: pa.Array[Any]) -> pa.Table:
    """Rows of the segment `name` as Arrow columns: NULLs and texts restored, the row's own `rec` put where a column
    means it. Raises `HistoryError` for a text that is not among `texts`.
    """
    layout = LAYOUTS[name]
    table, half = TABLES[layout.table], name.rpartition(".")[2]
    columns = {
        column.name: _decode_column(name, column, rows[column.name], texts) for column in layout.columns
    }
    rec = pa.array(np.ascontiguousarray(rows["rec"]))
    own = {name: rec for name in OWN_REC.get(half, ()) if name in table.column_names}
    return pa.table({"rec": rec, **columns, **own})


def _decode_column(name: str, column: Column, stored: NDArray[Any], texts: pa.Array[Any]) -> pa.Array[Any]:
    values = np.ascontiguousarray(stored)
    absent = np.isnan(values) if column.type == "F32" else values == NULLS[column.type]
    plain: pa.Array[Any] = pa.array(values == 1 if column.type == "BOOL" else values, mask=absent)
    if column.type != "TEXT":
        return plain
    if values.size and values.max() >= len(texts):
        raise HistoryError(f"segment {name}, column {column.name}: a row uses a text that is not in the dictionary")
    decoded: pa.Array[Any] = pa.DictionaryArray.from_arrays(plain, texts).cast(pa.string())
    return decoded


def _check_continuity(worker: int, segments: list[SegmentRows]) -> None:
    """Over all segments of a worker, every `rec` from 1 on is there once; within a segment it only grows."""
    recs = np.sort(np.concatenate([segment.rows["rec"] for segment in segments]))
    wrong = np.flatnonzero(recs != np.arange(1, recs.size + 1))
    if wrong.size:
        raise HistoryError(f"worker {worker}: rec {wrong[0] + 1} is missing or recorded twice; its segments are torn")
    for segment in segments:
        if np.any(np.diff(segment.rows["rec"]) <= 0):
            raise HistoryError(f"segment {segment.name}, worker {worker}: its rows are out of sequence")
