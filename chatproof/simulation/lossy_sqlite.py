"""SQLite on files that hold every write in memory until it is synced: kill -9 of the process is a power loss.

A VFS of apsw under a SQLite that does not know of it, write-ahead log included. What is lost is everything unsynced,
in whole writes; reads see it until then. An orderly close writes it out, as a page cache outlives its process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import apsw

from chatproof.reference_server.engines.embedded.disk import BUSY_S
from chatproof.reference_server.ports.disk import Values
from chatproof.simulation.unsynced import Unsynced


class _Image:
    """One file as the process sees it, for all that have it open.

    Attributes:
        content: what a read sees.
        held: what the disk has not got, in order: bytes at an offset, or None for a truncation to it.
        handles: how many have it open.
    """

    def __init__(self, unsynced: Unsynced, content: bytes) -> None:
        self.lock = Lock()
        self.content = bytearray(content)
        self.held: list[tuple[int, bytes | None]] = []
        self.handles = 0
        self._unsynced = unsynced

    def write(self, data: bytes, offset: int) -> None:
        """Hold a write; one beyond the end leaves zeros between."""
        self.content.extend(bytes(max(0, offset - len(self.content))))
        self.content[offset : offset + len(data)] = data
        self.held.append((offset, data))
        self._unsynced.add(len(data))

    def truncate(self, size: int) -> None:
        """Hold a truncation."""
        del self.content[size:]
        self.held.append((size, None))

    def release(self) -> list[tuple[int, bytes | None]]:
        """What was held; from now on it is the disk's."""
        held, self.held = self.held, []
        self._unsynced.add(-sum(len(data) for _, data in held if data is not None))
        return held


class _LossyFile(apsw.VFSFile):
    """One handle on an image. The file itself carries locks, shared memory, and what was synced."""

    def __init__(self, vfs: LossyVFS, name: str | apsw.URIFilename, flags: list[int]) -> None:
        super().__init__("", name, flags)
        path = name if isinstance(name, str) else name.filename()
        self._image = vfs.image(path, lambda: super(_LossyFile, self).xRead(super(_LossyFile, self).xFileSize(), 0))
        self._is_open = True

    def xRead(self, amount: int, offset: int) -> bytes:
        with self._image.lock:
            return bytes(self._image.content[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        with self._image.lock:
            self._image.write(bytes(data), offset)

    def xTruncate(self, newsize: int) -> None:
        with self._image.lock:
            self._image.truncate(newsize)

    def xFileSize(self) -> int:
        return len(self._image.content)

    def xSync(self, flags: int) -> None:
        with self._image.lock:
            self._write_out()
            super().xSync(flags)

    def xClose(self) -> None:
        if self._is_open:
            self._is_open = False
            with self._image.lock:
                self._image.handles -= 1
                if self._image.handles == 0:
                    self._write_out()
        super().xClose()

    def _write_out(self) -> None:
        for offset, data in self._image.release():
            if data is None:
                super().xTruncate(offset)
            else:
                super().xWrite(data, offset)


class LossyVFS(apsw.VFS):
    """Opens lossy files.

    That a file exists is not held back: to SQLite an empty file is none.
    """

    def __init__(self, unsynced: Unsynced) -> None:
        self.name = f"lossy-{id(self)}"
        self._unsynced = unsynced
        self._images: dict[str, _Image] = {}
        self._lock = Lock()
        super().__init__(self.name, "")

    def image(self, path: str, load: Callable[[], bytes]) -> _Image:
        """The image of a file that is being opened; loaded where nobody has it open."""
        with self._lock:
            image = self._images.get(path)
            if image is None or image.handles == 0:
                image = self._images[path] = _Image(self._unsynced, load())
            image.handles += 1
            return image

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        # A nameless file is scratch: nobody expects it after a crash.
        return super().xOpen(name, flags) if name is None else _LossyFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        with self._lock:
            image = self._images.pop(filename, None)
        if image is not None:
            image.release()
        super().xDelete(filename, syncdir)

    def xAccess(self, pathname: str, flags: int) -> bool:
        image = self._images.get(pathname)
        if image is not None and image.handles and flags == apsw.SQLITE_ACCESS_EXISTS:
            return bool(image.content)  # as the default VFS has it: an empty file is none
        return super().xAccess(pathname, flags)


class _Rows:
    """See `ports.disk.Rows`."""

    def __init__(self, cursor: apsw.Cursor) -> None:
        self._cursor = cursor

    def __iter__(self) -> Iterator[Any]:
        with _sqlite_errors():
            yield from self._cursor

    def fetchone(self) -> Any:
        with _sqlite_errors():
            return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        with _sqlite_errors():
            return self._cursor.fetchall()


class _LossyConnection:
    """See `ports.disk.Connection`: a connection of apsw that behaves as one of `sqlite3` does."""

    def __init__(self, connection: apsw.Connection, vfs: LossyVFS) -> None:
        self._connection = connection
        self._vfs = vfs  # which must outlive it

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, sql: str, values: Values = (), /) -> _Rows:
        with _sqlite_errors():
            return _Rows(self._connection.execute(sql, values))

    def executescript(self, script: str, /) -> None:
        with _sqlite_errors():
            self._connection.execute(script).fetchall()

    def close(self) -> None:
        with _sqlite_errors():
            self._connection.close()


def connect(vfs: LossyVFS, path: Path, pragmas: Sequence[str]) -> _LossyConnection:
    """Open or create a database on lossy files, with these settings. Raises `sqlite3.Error`."""
    with _sqlite_errors():
        raw = apsw.Connection(str(path), vfs=vfs.name)
    raw.set_busy_timeout(round(BUSY_S * 1000))
    connection = _LossyConnection(raw, vfs)
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def _sqlite_errors() -> Iterator[None]:
    """What apsw raises, as `sqlite3` would raise it."""
    try:
        yield
    except apsw.Error as error:
        raise sqlite3.OperationalError(str(error)) from error
