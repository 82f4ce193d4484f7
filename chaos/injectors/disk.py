"""Breaking a disk: the writes that a process has not synced are lost with it, seen by what its storage last counted."""

from __future__ import annotations

from pathlib import Path

import trio

from chatproof.chaos.cluster import Cluster
from chatproof.chaos.errors import EffectNotSeen
from chatproof.chaos.injectors.injection import TargetKind
from chatproof.chaos.injectors.process import KillInjection

COUNT_BYTES = 8


class UnsyncedLostInjection:
    """Power loss of one node: kill -9 where its storage keeps unsynced writes in its memory; undone by a restart."""

    target_kind: TargetKind = "disk"

    def __init__(self, cluster: Cluster, node: str) -> None:
        self.target = node
        self._kill = KillInjection(cluster, node)
        self._count = cluster.command(node).unsynced

    async def prepare(self) -> None:
        """As for a kill."""
        await self._kill.prepare()

    async def start(self) -> None:
        """Kill at once, and wait for the kernel's word."""
        await self._kill.start()

    async def effect(self) -> str:
        """A new connection is refused, and the dead process had unsynced bytes."""
        refused = await self._kill.effect()
        return f"{refused}; {await self._lost():,} unsynced bytes were lost"

    async def stop(self) -> None:
        """Start the node again."""
        await self._kill.stop()

    async def mended(self) -> str:
        """The node is ready and a round trip succeeds."""
        return await self._kill.mended()

    async def release(self) -> None:
        """Nothing is held."""
        await self._kill.release()

    async def _lost(self) -> int:
        """What the storage counted last; it counts in a file that outlives its process."""
        if not self._count:
            raise EffectNotSeen(f"the storage of {self.target} does not drop what is unsynced")
        try:
            count = (await trio.Path(self._count).read_bytes())[:COUNT_BYTES]
        except OSError as error:
            raise EffectNotSeen(f"{Path(self._count).name} cannot be read: {error.strerror}") from error
        if not any(count):
            raise EffectNotSeen(f"nothing of {self.target} was unsynced")
        return int.from_bytes(count, "little")
