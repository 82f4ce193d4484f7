"""An append is acknowledged when the operating system has it; the disk gets it with the next checkpoint.

Seen in: several brokers by default, which answer out of the page cache and sync by time or by size.
Replaces: the disk, on which the log commits with synchronous=NORMAL: SQLite then syncs at checkpoints only, here every
two seconds. The engine empties its store at each start, as that may know more than the log does.
Caught by: durable-ack-power. Every kill -9 is survived, as the page cache is not the process's; a power loss takes what
was acknowledged since the last checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.engines.embedded.engine import EmbeddedEngine
from chatproof.reference_server.ports.disk import Connection, Disk

HASTY = ("synchronous=NORMAL", "wal_autocheckpoint=400")


class _HastyDisk:
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.make, self.write, self.sync, self.rename = disk.make, disk.write, disk.sync, disk.rename
        self.remove, self.read, self.names = disk.remove, disk.read, disk.names

    def connect(self, path: Path, pragmas: Sequence[str]) -> Connection:
        return self._disk.connect(path, (*pragmas, *HASTY) if path.name == "log.db" else pragmas)


def broken(parts: Parts) -> Parts:
    """Keep the log on a disk that is not asked to sync its commits."""

    async def engine(directory: Path, disk: Disk) -> EmbeddedEngine:
        for file in directory.glob("store.db*"):
            disk.remove(file)
        return await parts.engine(directory, disk)

    return replace(parts, disk=_HastyDisk(parts.disk), engine=engine)
