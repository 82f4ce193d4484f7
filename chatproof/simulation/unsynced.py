"""How many bytes a process has written and not synced, in a file that outlives the process."""

from __future__ import annotations

import mmap
from pathlib import Path
from threading import Lock

BYTES = 8
"""The file holds one little-endian integer of so many bytes."""


class Unsynced:
    """The count. It begins at 0 with the first change: until then there may be no directory for the file.

    A memory mapping is the kernel's, not the process's: kill -9 leaves the count as it was at that moment, and whoever
    killed the process can tell what it lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._count = 0
        self._map: mmap.mmap | None = None

    def add(self, count: int) -> None:
        """Change the count by so many bytes. Raises `OSError` where the file cannot be made."""
        with self._lock:
            self._count += count
            mapped = self._map = self._map or self._mapping()
            mapped[:BYTES] = self._count.to_bytes(BYTES, "little")

    def _mapping(self) -> mmap.mmap:
        self._path.write_bytes(bytes(BYTES))
        with self._path.open("r+b") as file:
            return mmap.mmap(file.fileno(), BYTES)
