"""The port of the disk: databases and small files under one directory, and what of them a power loss may take.

Nothing that is written is durable before it was synced. Who keeps a promise says so by `sync`, at this port and nowhere
else: a disk that really forgets what was not synced then shows whether the promise is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

Values = Sequence[object] | Mapping[str, object]


class Rows(Protocol):
    """The rows of one statement, read as they are asked for. Reading raises `sqlite3.Error`."""

    def __iter__(self) -> Iterator[Any]:
        """The rows that were not read yet."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that were not read yet."""
        ...


class Connection(Protocol):
    """What is used of `sqlite3.Connection`, in autocommit mode; every method raises `sqlite3.Error`."""

    @property
    def in_transaction(self) -> bool:
        """Whether a BEGIN waits for its end."""
        ...

    def execute(self, sql: str, values: Values = (), /) -> Rows:
        """Run one statement."""
        ...

    def executescript(self, script: str, /) -> object:
        """Run several statements without values."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


class Disk(Protocol):
    """Storage under a directory. Methods block, may be called from any thread, and raise `OSError`."""

    def connect(self, path: Path, pragmas: Sequence[str]) -> Connection:
        """Open or create a SQLite database with these settings, in order. Raises `sqlite3.Error`."""
        ...

    def make(self, directory: Path) -> None:
        """Make a directory with its parents, where it is missing; durable."""
        ...

    def write(self, path: Path, content: bytes) -> None:
        """Make or overwrite a file, for its owner only. Not durable."""
        ...

    def sync(self, path: Path) -> None:
        """Make the content of a file durable; of a directory: which names stand for which files."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Let a file take a name, within one directory and at once; not durable before that directory is synced."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file; a missing one is no error."""
        ...

    def read(self, path: Path) -> bytes:
        """The content of a file. Raises `FileNotFoundError`."""
        ...

    def names(self, directory: Path) -> list[str]:
        """The names of the files in a directory, in no order."""
        ...
