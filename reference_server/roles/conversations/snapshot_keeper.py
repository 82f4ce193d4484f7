"""Puts ripe snapshots to disk, one after another, beside the hot path."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from chatproof.reference_server.ports.snapshots import Snapshot, Snapshots
from chatproof.reference_server.roles.conversations.partition import Partition

_log = logging.getLogger(__name__)


class SnapshotKeeper:
    """One task with a bounded queue; its owner starts and closes it."""

    __slots__ = ("_queue", "_snapshots", "_task", "failed", "kept")

    def __init__(self, snapshots: Snapshots, queue: int) -> None:
        self._snapshots = snapshots
        self._queue: asyncio.Queue[Snapshot | None] = asyncio.Queue(queue)
        self._task: asyncio.Task[None] | None = None
        self.kept = 0
        self.failed = 0

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._work(), name="snapshot-keeper")

    def collect_nowait(self, partitions: Iterable[Partition]) -> None:
        """Take what is ripe; a full queue leaves the rest for the next time."""
        for partition in partitions:
            if self._queue.full():
                return
            snapshot = partition.ripe()
            if snapshot is not None:
                self._queue.put_nowait(snapshot)

    async def close(self) -> None:
        """Return when everything taken is on disk, or failed."""
        if self._task is not None:
            await self._queue.put(None)
            await self._task

    async def _work(self) -> None:
        while (snapshot := await self._queue.get()) is not None:
            try:
                await self._snapshots.put(snapshot)
            except OSError as error:
                # Earlier snapshots and the log still hold everything: the next start only takes longer.
                self.failed += 1
                _log.warning("Snapshot of partition %d not kept: %s", snapshot.partition, error)
            else:
                self.kept += 1
