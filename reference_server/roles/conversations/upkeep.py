"""What a node does as time passes: ticks where nothing is appended, forgetting where it is due, repetitions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chatproof.reference_server.core.records import ForgetBefore, Tick
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.roles.conversations.appending import Appending
from chatproof.reference_server.roles.conversations.bounds import Bounds
from chatproof.reference_server.roles.conversations.partition import Partition


class Upkeep:
    """Beats on the loop from `start` to `stop`."""

    __slots__ = ("_appending", "_bounds", "_clock", "_partitions", "_timer")

    def __init__(self, appending: Appending, clock: Clock, bounds: Bounds) -> None:
        self._appending = appending
        self._clock = clock
        self._bounds = bounds
        self._partitions: Sequence[Partition] = ()
        self._timer: asyncio.TimerHandle | None = None

    def start(self, partitions: Sequence[Partition]) -> None:
        """Look after these."""
        self._partitions = partitions
        self._schedule()

    def stop(self) -> None:
        """No further beat."""
        if self._timer is not None:
            self._timer.cancel()

    def _schedule(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._bounds.beat_s, self._beat)

    def _beat(self) -> None:
        self._schedule()
        now_ns = self._clock.monotonic_ns()
        for partition in self._partitions:
            if not partition.stopped:
                self._tend(partition, now_ns)
        self._appending.repeat()

    def _tend(self, partition: Partition, now_ns: int) -> None:
        if now_ns - partition.appended_ns >= self._bounds.tick_after_ns:
            self._appending.append(partition, Tick())
        forget_ms = partition.state.time_ns // 1_000_000 - self._bounds.forget_after_ms
        if forget_ms - partition.forget_ms >= self._bounds.forget_every_ms:
            partition.forget_ms = forget_ms
            self._appending.append(partition, ForgetBefore(forget_ms))
