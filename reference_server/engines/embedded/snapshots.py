"""Snapshots as files: a SHA-256 and the data, written aside, synced, then renamed into place."""

from __future__ import annotations

import asyncio
import contextlib
import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from chatproof.reference_server.engines.embedded.disk import replace_whole
from chatproof.reference_server.ports.crash import Crash
from chatproof.reference_server.ports.disk import Disk
from chatproof.reference_server.ports.snapshots import Snapshot

KEPT = 2
"""Files per partition: the newest may turn out torn, then the one before it serves."""

_NAME = re.compile(r"(\d+)-(\d+)-v(\d+)\.snapshot")
_HASH_BYTES = 32


class _File(NamedTuple):
    partition: int
    offset: int
    version: int
    path: Path


class FileSnapshots:
    """See the module's docstring, and `ports.snapshots.Snapshots`."""

    __slots__ = ("_crash", "_directory", "_disk")

    def __init__(self, disk: Disk, directory: Path, crash: Crash) -> None:
        """Keep snapshots in this directory, which is made if need be. Raises OSError."""
        disk.make(directory)
        self._disk = disk
        self._directory = directory
        self._crash = crash

    async def put(self, snapshot: Snapshot) -> None:
        """Write the file, then remove all but the newest few of its partition."""
        await asyncio.to_thread(self._put, snapshot)

    async def latest(self, partition: int, version: int, upto: int) -> Snapshot | None:
        """Newest first, until a hash is right."""
        return await asyncio.to_thread(self._latest, partition, version, upto)

    def _put(self, snapshot: Snapshot) -> None:
        name = f"{snapshot.partition}-{snapshot.offset}-v{snapshot.version}.snapshot"
        content = sha256(snapshot.data).digest() + snapshot.data
        replace_whole(self._disk, self._directory / name, content, lambda: self._crash.crash_at("during_snapshot"))
        for old in self._files(snapshot.partition)[KEPT:]:
            self._disk.remove(old.path)

    def _latest(self, partition: int, version: int, upto: int) -> Snapshot | None:
        for file in self._files(partition):
            if file.version == version and file.offset <= upto:
                data = self._intact(file.path)
                if data is not None:
                    return Snapshot(partition, file.offset, version, data)
        return None

    def _files(self, partition: int) -> list[_File]:
        """The partition's files, newest first."""
        matches = [match for name in self._disk.names(self._directory) if (match := _NAME.fullmatch(name))]
        files = [
            _File(int(match[1]), int(match[2]), int(match[3]), self._directory / match[0]) for match in matches
        ]
        mine = [file for file in files if file.partition == partition]
        return sorted(mine, key=lambda file: file.offset, reverse=True)

    def _intact(self, path: Path) -> bytes | None:
        with contextlib.suppress(OSError):
            content = self._disk.read(path)
            if sha256(content[_HASH_BYTES:]).digest() == content[:_HASH_BYTES]:
                return content[_HASH_BYTES:]
        return None
