"""Snapshots as files: a SHA-256 and the data, written aside, synced, then renamed into place."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from chatproof.reference_server.ports.crash import Crash
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

    __slots__ = ("_crash", "_directory")

    def __init__(self, directory: Path, crash: Crash) -> None:
        """Keep snapshots in this directory, which is made if need be. Raises OSError."""
        directory.mkdir(parents=True, exist_ok=True)
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
        aside = self._directory / f"{name}.aside"
        with open(aside, "wb") as file:
            file.write(sha256(snapshot.data).digest())
            file.write(snapshot.data)
            file.flush()
            self._crash.crash_at("during_snapshot")
            os.fsync(file.fileno())
        os.replace(aside, self._directory / name)
        _sync_directory(self._directory)
        for old in self._files(snapshot.partition)[KEPT:]:
            old.path.unlink(missing_ok=True)

    def _latest(self, partition: int, version: int, upto: int) -> Snapshot | None:
        for file in self._files(partition):
            if file.version == version and file.offset <= upto:
                data = _intact(file.path)
                if data is not None:
                    return Snapshot(partition, file.offset, version, data)
        return None

    def _files(self, partition: int) -> list[_File]:
        """The partition's files, newest first."""
        names = ((path, _NAME.fullmatch(path.name)) for path in self._directory.iterdir())
        files = [
            _File(int(match[1]), int(match[2]), int(match[3]), path) for path, match in names if match is not None
        ]
        mine = [file for file in files if file.partition == partition]
        return sorted(mine, key=lambda file: file.offset, reverse=True)


def _intact(path: Path) -> bytes | None:
    with contextlib.suppress(OSError):
        content = path.read_bytes()
        if sha256(content[_HASH_BYTES:]).digest() == content[:_HASH_BYTES]:
            return content[_HASH_BYTES:]
    return None


def _sync_directory(directory: Path) -> None:
    """The rename itself must survive a power loss."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
