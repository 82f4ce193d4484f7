"""Segments: what a worker records, row by row, in files that outlive it and can be read while it runs.

    RUN/segments/<name>.<worker>.segment    a header page, then fixed-width rows (see `layout`)
    RUN/segments/texts.<worker>.dictionary  every TEXT value once, in order of its code

Both go through the page cache, so they survive kill -9 of the writer (not a power cut: the harness is not what is
under test). A row is written first and then counted in the header; a text is appended before the row that uses it.
So whatever is counted is whole. A writer is used from one thread.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chatproof.checkers.history.errors import SegmentError
from chatproof.checkers.history.layout import LAYOUTS, NULL_I32, NULLS, Layout

Value = int | float | str | None
Appender = Callable[..., int]
"""Takes one row's values by position, in the order of `Layout.columns`; commits it and returns its `rec`.

Raises `SegmentError` for a value that does not fit its column, and where the disk is full.
"""

HEADER_BYTES = mmap.ALLOCATIONGRANULARITY
_MAGIC = b"CPSEG\x00\x00\x01"
_HEADER = struct.Struct("<8s5q32s")
_ROWS, _WATERMARK, _CLOSED = 1, 2, 3
"""Places of the three words that change, in the header seen as 64-bit words; they are stored in one write each."""
_FIRST_BYTES = 64 * 1024
_MAX_TEXT_BYTES = 4096
"""Longer texts are cut: they can come from a target, and a dictionary must not grow by megabytes per row."""
_TEXT_LENGTH = struct.Struct("<I")


class _Texts(dict[str | None, int]):
    """Text → code; an unknown text gets the next code once it is in the dictionary's file."""

    def __init__(self, path: Path) -> None:
        super().__init__({None: NULL_I32})
        self._file = _create(path)

    def __missing__(self, text: str | None) -> int:
        if not isinstance(text, str):
            raise SegmentError(f"a TEXT column was given {text!r}")
        data = text.encode("utf-8", "backslashreplace")[:_MAX_TEXT_BYTES].decode("utf-8", "ignore").encode()
        _write_all(self._file, _TEXT_LENGTH.pack(len(data)) + data)
        code = self[text] = len(self) - 1
        return code

    def close(self) -> None:
        os.close(self._file)


class _Segment:
    """One open segment: the mapped header, and the mapped rows, which are mapped anew when they grow."""

    def __init__(self, path: Path, layout: Layout, worker: int) -> None:
        self._file = _create(path)
        self._row_bytes = layout.row.size
        self._allocate(_FIRST_BYTES)
        self._page = mmap.mmap(self._file, HEADER_BYTES)
        _HEADER.pack_into(self._page, 0, _MAGIC, 0, 0, 0, layout.row.size, worker, layout.fingerprint)
        self.header = memoryview(self._page)[:64].cast("q")

    def _allocate(self, size: int) -> None:
        """Map `size` bytes of rows. The disk blocks are taken here, so that a full disk is an error, not a SIGBUS."""
        try:
            os.posix_fallocate(self._file, 0, HEADER_BYTES + size)
        except OSError as problem:
            raise SegmentError(f"a segment cannot grow to {size} bytes: {problem.strerror}") from problem
        self.rows = mmap.mmap(self._file, size, offset=HEADER_BYTES)

    def grow(self) -> mmap.mmap:
        """Twice the room; the rows written so far stay where they are in the file."""
        size = len(self.rows)
        self.rows.close()
        self._allocate(2 * size)
        return self.rows

    def close(self) -> None:
        """Mark it closed and cut the file to its committed rows."""
        committed = HEADER_BYTES + self.header[_ROWS] * self._row_bytes
        self.header[_CLOSED] = 1
        self.header.release()
        self._page.close()
        self.rows.close()
        os.ftruncate(self._file, committed)
        os.close(self._file)


class SegmentWriter:
    """All segments of one worker under `directory`, which it makes. One `rec` counter runs over all of them.

    Raises `SegmentError` where this worker has recorded into `directory` before.
    """

    def __init__(self, directory: Path, worker: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._worker = worker
        self._rec = [0]
        self._watermark_ns = 0
        self._texts = _Texts(directory / f"texts.{worker}.dictionary")
        self._segments: dict[str, _Segment] = {}
        self._appenders: dict[str, Appender] = {}

    @property
    def last_rec(self) -> int:
        """The `rec` of the last committed row, 0 before the first."""
        return self._rec[0]

    def appender(self, name: str) -> Appender:
        """The appender of one segment: `deliveries`, `operations.begin`, …; see `LAYOUTS` for names and columns."""
        if name not in self._appenders:
            layout = LAYOUTS[name]
            segment = _Segment(self._directory / f"{name}.{self._worker}.segment", layout, self._worker)
            segment.header[_WATERMARK] = self._watermark_ns
            self._segments[name] = segment
            self._appenders[name] = _appender(segment, layout, self._texts, self._rec)
        return self._appenders[name]

    def watermark(self, t_ns: int) -> None:
        """Say that everything this worker saw up to `t_ns` is committed."""
        self._watermark_ns = t_ns
        for segment in self._segments.values():
            segment.header[_WATERMARK] = t_ns

    def close(self) -> None:
        """Finish: every segment is cut to size and marked closed. Appending afterwards raises `SegmentError`."""
        for segment in self._segments.values():
            segment.close()
        self._segments.clear()
        self._texts.close()


def _appender(segment: _Segment, layout: Layout, texts: _Texts, recs: list[int]) -> Appender:
    """The fast path, a closure over everything it needs: measured under 2 µs for a delivery."""
    width, row_bytes = len(layout.columns), layout.row.size
    text_at = [at for at, column in enumerate(layout.columns) if column.type == "TEXT"]
    nullable_at = [
        (at, NULLS[column.type])
        for at, column in enumerate(layout.columns)
        if column.type != "TEXT" and not column.required
    ]
    header, pack_into, rows = segment.header, layout.row.pack_into, segment.rows
    room, count = len(rows) // row_bytes, 0

    def append(*values: Value) -> int:
        nonlocal rows, room, count
        if count == room:
            rows = segment.grow()
            room = len(rows) // row_bytes
        if len(values) != width:
            raise SegmentError(f"{layout.name} takes {width} values, not {len(values)}")
        row: list[object] = list(values)
        for at in text_at:
            row[at] = texts[row[at]]  # type: ignore[index]
        for at, null in nullable_at:
            if row[at] is None:
                row[at] = null
        rec = recs[0] + 1
        try:
            pack_into(rows, count * row_bytes, rec, *row)
            count += 1
            header[_ROWS] = count
        except (struct.error, ValueError) as problem:
            raise SegmentError(f"{layout.name} cannot take {values!r}: {problem}") from problem
        recs[0] = rec
        return rec

    return append


def _create(path: Path) -> int:
    """A new file; an existing one belongs to an earlier life of this worker and is never overwritten."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except FileExistsError as problem:
        raise SegmentError(f"{path.name} exists: this worker has recorded there before") from problem


def _write_all(file: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(file, data):]
        except OSError as problem:
            raise SegmentError(f"a text cannot be recorded: {problem.strerror}") from problem


class SegmentRows(NamedTuple):
    """The committed rows of one segment: a structured array with fields `rec` and the layout's columns.

    It is a view into the file: rows that are committed later do not appear in it, those in it do not change.
    """

    name: str
    worker: int
    rows: NDArray[np.void]
    watermark_ns: int
    closed: bool


def read_segments(directory: Path) -> tuple[SegmentRows, ...]:
    """All segments, by name and worker; may be called while writers run. Raises `SegmentError` for a torn one."""
    return tuple(_read_segment(path) for path in sorted(directory.glob("*.segment")))


class TextReader:
    """The texts of one worker, read as they come; a text's code is its place among all that were read."""

    def __init__(self, directory: Path, worker: int) -> None:
        self._path = directory / f"texts.{worker}.dictionary"
        self._worker = worker
        self._at = 0

    def read(self) -> tuple[str, ...]:
        """The whole texts that were appended since the last read. Read them after the segments, then all that those
        use are there.

        Raises `SegmentError` where the worker has no dictionary.
        """
        if not self._path.exists():
            raise SegmentError(f"{self._path.name} is gone, and with it every text of worker {self._worker}")
        with self._path.open("rb") as file:
            file.seek(self._at)
            data = file.read()
        texts, at = [], 0
        while at + _TEXT_LENGTH.size <= len(data):
            start = at + _TEXT_LENGTH.size
            end = start + _TEXT_LENGTH.unpack_from(data, at)[0]
            if end > len(data):
                break
            texts.append(data[start:end].decode())
            at = end
        self._at += at
        return tuple(texts)


def read_texts(directory: Path, worker: int) -> tuple[str, ...]:
    """The worker's texts by code. Read it after the segments, then it has every text that they use.

    Raises `SegmentError` where the worker has no dictionary.
    """
    return TextReader(directory, worker).read()


def _read_segment(path: Path) -> SegmentRows:
    layout = LAYOUTS.get(path.name.rsplit(".", 2)[0])
    if layout is None:
        raise SegmentError(f"{path.name} belongs to no table")
    with path.open("rb") as file:
        head = file.read(_HEADER.size)
        available = os.fstat(file.fileno()).st_size - HEADER_BYTES
    if len(head) < _HEADER.size:
        raise SegmentError(f"{path.name} has no header")
    magic, count, watermark_ns, closed, _, worker, fingerprint = _HEADER.unpack(head)
    if magic != _MAGIC or fingerprint != layout.fingerprint:
        raise SegmentError(f"{path.name} was written with another layout of {layout.name}")
    if count < 0 or count * layout.row.size > available:
        raise SegmentError(f"{path.name} counts {count} rows but has room for {available // layout.row.size}")
    dtype = np.dtype(layout.dtype)
    rows = np.memmap(path, dtype, "r", HEADER_BYTES, (count,)) if count else np.empty(0, dtype)
    return SegmentRows(layout.name, worker, rows, watermark_ns, bool(closed))
