"""A tail of a running run: what its workers have committed since the last look, each row once.

What comes out is a consistent cut: for every worker, the rows that it recorded up to one instant, the smallest
watermark. So whatever a row rests on (the send of a message, the kick before a leave) is there when the row is, and
what was handed out so far is a history of a run that ended at that instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from chatproof.checkers.history.layout import LAYOUTS
from chatproof.checkers.history.merge import decode
from chatproof.checkers.history.segments import SegmentRows, TextReader, read_segments

_INSTANTS = ("t_ns", "done_ns", "live_ns", "close_ns", "to_ns", "invoke_ns", "connect_ns", "from_ns", "stop_ns")
"""Columns that say when a row was recorded, the first one that a segment has; a row without is as late as the row
before it."""


class Fresh(NamedTuple):
    """Rows that were not handed out before.

    Attributes:
        upto_ns: everything that any worker saw up to then has been handed out.
        segments: segment name → its rows of all workers, with `worker` and `rec`; in the order of `LAYOUTS`.
        closed: every worker has finished, and nothing will follow.
    """

    upto_ns: int
    segments: dict[str, pa.Table]
    closed: bool


class Tail:
    """Follows the segments in `directory` of these workers; each row is read once, when it is handed out."""

    def __init__(self, directory: Path, workers: Iterable[int]) -> None:
        self._directory = directory
        self._workers = {worker: _WorkerTail(TextReader(directory, worker)) for worker in workers}

    def fresh(self) -> Fresh:
        """What was committed since the last call. Raises `SegmentError` for segments that are torn."""
        parts: dict[int, list[SegmentRows]] = {worker: [] for worker in self._workers}
        for part in read_segments(self._directory):
            if part.worker in parts:
                parts[part.worker].append(part)
        upto_ns = min(min((part.watermark_ns for part in own), default=0) for own in parts.values())
        found: dict[str, list[pa.Table]] = {}
        for worker, own in parts.items():
            for name, rows in self._workers[worker].take(own, upto_ns):
                found.setdefault(name, []).append(
                    rows.append_column("worker", pa.array(np.full(rows.num_rows, worker, np.int16)))
                )
        return Fresh(
            upto_ns,
            {name: pa.concat_tables(found[name]) for name in LAYOUTS if name in found},
            all(own and all(part.closed for part in own) for own in parts.values()),
        )


class _WorkerTail:
    """One worker: how far each of its segments was handed out, and its texts so far."""

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self._texts: pa.Array[Any] = pa.array([], pa.string())
        self._done: dict[str, int] = {}
        self._rec = 0
        self._latest_ns = 0

    def take(self, parts: Sequence[SegmentRows], upto_ns: int) -> list[tuple[str, pa.Table]]:
        """The new rows, by segment, that were recorded up to an instant."""
        pending = [(part.name, part.rows[self._done.get(part.name, 0):]) for part in parts]
        cut = self._cut([(name, rows) for name, rows in pending if rows.size], upto_ns)
        chosen = [(name, rows[: int(np.searchsorted(rows["rec"], cut, "right"))]) for name, rows in pending]
        if cut > self._rec:
            self._texts = pa.concat_arrays([self._texts, pa.array(self._reader.read(), pa.string())])
        for name, rows in chosen:
            self._done[name] = self._done.get(name, 0) + rows.size
        self._rec = cut
        return [(name, decode(name, rows, self._texts)) for name, rows in chosen if rows.size]

    def _cut(self, pending: Sequence[tuple[str, NDArray[np.void]]], upto_ns: int) -> int:
        """The last `rec` before the first row that is missing or was recorded later than `upto_ns`.

        A row can be missing because its segment was looked at before it was committed, and a later row's after.
        """
        if not pending:
            return self._rec
        recs = np.concatenate([rows["rec"] for _, rows in pending])
        instants = np.concatenate([_instants(name, rows) for name, rows in pending])
        order = np.argsort(recs)
        latest = np.maximum.accumulate(np.maximum(instants[order], self._latest_ns))
        ready = (recs[order] == np.arange(self._rec + 1, self._rec + 1 + recs.size)) & (latest <= upto_ns)
        count = int(ready.argmin()) if not ready.all() else recs.size
        if count:
            self._latest_ns = int(latest[count - 1])
        return self._rec + count


def instant_of(name: str) -> str | None:
    """The column of a segment that says when a row was recorded; None where there is none."""
    columns = [column.name for column in LAYOUTS[name].columns]
    return next((instant for instant in _INSTANTS if instant in columns), None)


def _instants(name: str, rows: NDArray[np.void]) -> NDArray[np.int64]:
    """When each row was recorded, in ns; 0 or less where it does not say."""
    known = instant_of(name)
    return np.zeros(rows.size, np.int64) if known is None else np.asarray(rows[known], np.int64)
