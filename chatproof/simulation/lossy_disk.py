"""A disk that holds every write in the memory of its process until it is synced: kill -9 is a power loss.

Nothing is faked afterwards: what was not synced never reached the disk. Of a small file, content and name are held
apart, as file systems do it: a rename without a sync of its directory leaves the old file, one without a sync of the
content leaves an empty file. Removals are not held: that is the worst that can happen to whoever removes too early.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from chatproof.reference_server.engines.embedded.disk import SystemDisk, replace_whole
from chatproof.reference_server.ports.disk import Connection
from chatproof.simulation.lossy_sqlite import LossyVFS, connect
from chatproof.simulation.unsynced import Unsynced


@dataclass(slots=True)
class _File:
    """A small file: what a read sees, what of it is durable, and whether its name is."""

    content: bytes
    durable: bytes
    named: bool = False


class LossyDisk:
    """See the module's docstring, and `ports.disk.Disk`."""

    def __init__(self, count: Path) -> None:
        """Keep the number of unsynced bytes at this path (see `Unsynced`)."""
        self._unsynced = Unsynced(count)
        self._vfs = LossyVFS(self._unsynced)
        self._real = SystemDisk()
        self._lock = RLock()
        self._files: dict[Path, _File | None] = {}  # what differs from the disk; None: the name is gone

    def connect(self, path: Path, pragmas: Sequence[str]) -> Connection:
        """A database on files of which nothing is durable before SQLite synced it."""
        return connect(self._vfs, path, pragmas)

    def make(self, directory: Path) -> None:
        """At once, as nothing is held for directories."""
        self._real.make(directory)

    def write(self, path: Path, content: bytes) -> None:
        """In memory only."""
        with self._lock:
            self._files[path] = _File(content, b"")
            self._unsynced.add(len(content))

    def sync(self, path: Path) -> None:
        """The content of a file, or the names in a directory."""
        with self._lock:
            file = self._files.get(path)
            if path.is_dir():
                self._sync_names(path)
            elif file is None:
                self._real.sync(path)
            else:
                self._sync_content(path, file)

    def rename(self, old: Path, new: Path) -> None:
        """In memory only."""
        with self._lock:
            file = self._files.get(old)
            if file is None:
                content = self.read(old)
                file = _File(content, content)
            self._files[old], self._files[new] = None, file
            file.named = False

    def remove(self, path: Path) -> None:
        """At once."""
        with self._lock:
            file = self._files.pop(path, None)
            if file is not None and file.durable != file.content:
                self._unsynced.add(-len(file.content))
            self._real.remove(path)

    def read(self, path: Path) -> bytes:
        """What was written last, synced or not."""
        with self._lock:
            if path not in self._files:
                return self._real.read(path)
            file = self._files[path]
        if file is None:
            raise FileNotFoundError(path)
        return file.content

    def names(self, directory: Path) -> list[str]:
        """As they are meant to be, synced or not."""
        with self._lock:
            held = {path.name: file is not None for path, file in self._files.items() if path.parent == directory}
            kept = [name for name in self._real.names(directory) if name not in held]
        return kept + [name for name, exists in held.items() if exists]

    def _sync_content(self, path: Path, file: _File) -> None:
        if file.durable != file.content:
            self._unsynced.add(-len(file.content))
        file.durable = file.content
        if file.named:
            self._store(path, file)

    def _sync_names(self, directory: Path) -> None:
        for path, file in [(path, file) for path, file in self._files.items() if path.parent == directory]:
            if file is None:
                self._real.remove(path)
                del self._files[path]
            else:
                file.named = True
                self._store(path, file)

    def _store(self, path: Path, file: _File) -> None:
        """Bring what is durable of a file to the disk; with all of it there, nothing is left to be held."""
        replace_whole(self._real, path, file.durable)
        if file.durable == file.content:
            del self._files[path]
