"""The embedded engine as a whole: one directory, nothing to install."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from chatproof.reference_server.engines.embedded.clock import SystemClock
from chatproof.reference_server.engines.embedded.disk import SystemDisk
from chatproof.reference_server.engines.embedded.log import EmbeddedLog, open_log
from chatproof.reference_server.engines.embedded.snapshots import FileSnapshots
from chatproof.reference_server.engines.embedded.store import EmbeddedStore, open_store
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.crash import Crash, NoCrash
from chatproof.reference_server.ports.disk import Disk
from chatproof.reference_server.ports.store import StoreError

PARTITIONS = 8
"""Enough to be spread over nodes later; fixed for the life of a directory."""


class EmbeddedEngine(NamedTuple):
    """The ports of one node, in the order that `Conversations` takes them."""

    log: EmbeddedLog
    store: EmbeddedStore
    snapshots: FileSnapshots
    clock: Clock
    crash: Crash


async def open_engine(
    directory: Path,
    disk: Disk | None = None,
    *,
    partitions: int = PARTITIONS,
    clock: Clock | None = None,
    crash: Crash | None = None,
) -> EmbeddedEngine:
    """Open or create the data in `directory`, on the machine's disk where none is given.

    Raises:
        LogError: another server uses it, it is unreadable, or was made with another number of partitions.
        StoreError: the store cannot be opened.
        OSError: the directory cannot be made or written.
    """
    disk, clock, crash = disk or SystemDisk(), clock or SystemClock(), crash or NoCrash()
    disk.make(directory)
    snapshots = FileSnapshots(disk, directory / "snapshots", crash)
    log = await open_log(disk, directory / "log.db", clock, partitions)
    try:
        store = await open_store(disk, directory / "store.db", crash)
    except StoreError:
        await log.close()
        raise
    return EmbeddedEngine(log, store, snapshots, clock, crash)
