"""The disk of the machine: `sqlite3` and plain files; and how a small file is replaced whole."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from chatproof.reference_server.ports.disk import Connection, Disk

BUSY_S = 2.0
"""How long a statement waits for another connection's lock; a held log is refused after it."""


class SystemDisk:
    """See `ports.disk.Disk`."""

    __slots__ = ()

    def connect(self, path: Path, pragmas: Sequence[str]) -> Connection:
        """A connection that any thread may use, one at a time."""
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=BUSY_S)
        try:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def make(self, directory: Path) -> None:
        """Each directory that is new becomes durable by its parent."""
        missing = [path for path in (directory, *directory.parents) if not path.exists()]
        directory.mkdir(parents=True, exist_ok=True)
        for path in reversed(missing):
            self.sync(path.parent)

    def write(self, path: Path, content: bytes) -> None:
        """Into the page cache."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)

    def sync(self, path: Path) -> None:
        """By fsync, which is about the file and not about who opened it."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """As the file system does it."""
        os.replace(old, new)

    def remove(self, path: Path) -> None:
        """As the file system does it."""
        path.unlink(missing_ok=True)

    def read(self, path: Path) -> bytes:
        """The whole file."""
        return path.read_bytes()

    def names(self, directory: Path) -> list[str]:
        """Of files and directories."""
        return os.listdir(directory)


def replace_whole(disk: Disk, path: Path, content: bytes, before_sync: Callable[[], None] = lambda: None) -> None:
    """Replace a file; durable on return. A crash or a power loss leaves the old file or the new one, never a mixture.

    Args:
        before_sync: called when the new content is written and not yet durable: a place to crash at.

    Raises:
        OSError: the old file stands.
    """
    aside = path.with_name(f"{path.name}.aside")
    disk.write(aside, content)
    before_sync()
    disk.sync(aside)
    disk.rename(aside, path)
    disk.sync(path.parent)
