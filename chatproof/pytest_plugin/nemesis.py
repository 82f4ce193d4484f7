"""The nemesis of a scenario test: a fault that is awaited is applied, seen from outside, undone and confirmed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from chatproof.chaos.faults import At, ClockFaultSpec, FaultSchedule, FaultSpec, LinkFaultSpec, On, ProcessFaultSpec
from chatproof.chaos.injectors.injection import World
from chatproof.chaos.nemesis import FaultRow, targets_of
from chatproof.chaos.nemesis import Nemesis as ScheduledNemesis

When = Callable[[], Awaitable[object]]
"""Returns when the moment for a fault has come."""

NOW = At(0.0)
MOMENT = "the test's word"
TRIGGER_S = 60.0
"""How long a test may take to say that the moment has come."""

HEAL_S = 600.0
"""Longer than any fault of a test: each ends when its own time is over."""


class Nemesis:
    """The fixture `nemesis`. One fault, or one group of faults, at a time; what goes on meanwhile is up to the test.

    Args:
        nodes: the processes that can be broken; none where the target is not ours, and then such faults skip the test.
    """

    def __init__(
        self, world: World, nodes: tuple[str, ...], origin_ns: int, elapsed_ns: Callable[[], int]
    ) -> None:
        self._world = world
        self._nodes = nodes
        self._origin_ns = origin_ns
        self._elapsed_ns = elapsed_ns
        self._strikes: list[ScheduledNemesis] = []
        self._busy = False
        self.expected = 0

    @property
    def rows(self) -> list[FaultRow]:
        """Every fault so far, numbered in their order: the table `faults`."""
        rows = [row for strike in self._strikes for row in strike.rows]
        return [row._replace(fault=number) for number, row in enumerate(rows, start=1)]

    async def partition(self, *links: str, for_s: float) -> None:
        """Nothing passes on these links, both ways; connections stay open until it ends."""
        await self.strike(LinkFaultSpec("partition", links, NOW, for_s))

    async def stall(self, *links: str, for_s: float) -> None:
        """Nothing passes on these links and nothing is lost: both ends see a silent connection."""
        await self.strike(LinkFaultSpec("stall", links, NOW, for_s))

    async def reset(self, *links: str, for_s: float = 0.2) -> None:
        """Every connection on these links is reset at once, and new ones are for a while."""
        await self.strike(LinkFaultSpec("reset", links, NOW, for_s))

    async def latency(self, *links: str, for_s: float, ms: int) -> None:
        """Every byte on these links is late."""
        await self.strike(LinkFaultSpec("latency", links, NOW, for_s, ms))

    async def kill(self, node: str, *, when: When | None = None) -> None:
        """kill -9, at once or at the moment when `when` returns; started again at once, and ready on return."""
        await self.strike(ProcessFaultSpec("kill", node, NOW if when is None else On(MOMENT, TRIGGER_S)), when=when)

    async def pause(self, node: str, *, for_s: float) -> None:
        """SIGSTOP: the process is there and does nothing."""
        await self.strike(ProcessFaultSpec("pause", node, NOW, for_s))

    async def step_clock(self, node: str, *, by_s: float, for_s: float) -> None:
        """The node's time of day jumps, and after a while back; needs `movable_clock=True` in the marker."""
        await self.strike(ClockFaultSpec(node, by_s, NOW, for_s))

    async def strike(self, *faults: FaultSpec, when: When | None = None) -> None:
        """Apply faults of `chaos.faults`, whose times count from now; returns when all are undone.

        What could not be confirmed stands in the history, and makes it one that proves nothing.
        """
        assert not self._busy, "one strike at a time: what ends first would mend the other"
        self._require_nodes(faults)
        schedule = FaultSchedule(faults, HEAL_S)
        self.expected += len(targets_of(schedule))
        nemesis = ScheduledNemesis(schedule, self._world, lambda _name: _come(when), self._origin_ns)
        self._strikes.append(nemesis)
        self._busy = True
        try:
            await nemesis.run(self._elapsed_ns())
        finally:
            self._busy = False

    def _require_nodes(self, faults: tuple[FaultSpec, ...]) -> None:
        """Skip, for all to see, where a fault needs a process that is not ours."""
        kinds = sorted({fault.kind for fault in faults if not isinstance(fault, LinkFaultSpec)})
        if kinds and not self._nodes:
            pytest.skip(f"{', '.join(kinds)} needs the target's process, and a target given by URL has none here")


async def _come(when: When | None) -> None:
    """Wait for the moment; a fault without one starts by the clock and never asks."""
    if when is not None:
        await when()
