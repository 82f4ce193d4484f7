"""The nemesis on everything real: Toxiproxy, links, a target process. What it breaks it mends, aborted or not."""

import time

import pytest
import trio

from chatproof.chaos.cluster import Cluster
from chatproof.chaos.errors import ChaosError
from chatproof.chaos.faults import At, FaultSchedule, LinkFaultSpec, On, ProcessFaultSpec
from chatproof.chaos.links import Links
from chatproof.chaos.nemesis import Nemesis
from chatproof.chaos.probe import wait_through
from chatproof.chaos.world import LocalWorld
from chatproof.drivers.interface import Endpoint

pytestmark = pytest.mark.slow

MS = 1_000_000
LATENCY_MS = 250
"""Longest time from the trigger to the confirmed end of the process, on a busy machine; 3 to 8 ms on a quiet one."""

SCHEDULE = FaultSchedule(
    faults=(
        LinkFaultSpec("partition", ("link-0",), At(0.1), 0.6),
        LinkFaultSpec("stall", ("link-1",), At(0.1), 0.6),
        LinkFaultSpec("latency", ("link-0",), At(0.1), 0.6, latency_ms=5),
        ProcessFaultSpec("kill", "node-a", On("kill-0", 5.0)),
        ProcessFaultSpec("pause", "node-a", At(0.15), 0.3),
    ),
    heal_s=3.0,
)


class Triggers:
    """Triggers by name; `fired_ns` is when one came."""

    def __init__(self) -> None:
        self._event = trio.Event()
        self.fired_ns = 0

    def fire(self) -> None:
        """The trigger comes."""
        self.fired_ns = time.monotonic_ns()
        self._event.set()

    async def wait(self, _: str) -> None:
        """Wait for it."""
        await self._event.wait()


@pytest.mark.trio
async def test_faults_are_confirmed_at_both_ends(links: Links, cluster: Cluster, through: dict[str, Endpoint]) -> None:
    """Link faults of one schedule are each confirmed, seen, undone and mended on real parts."""
    schedule = FaultSchedule(faults=SCHEDULE.faults[:2], heal_s=3.0)
    origin_ns = time.monotonic_ns()
    nemesis = Nemesis(schedule, LocalWorld(links, cluster, through), Triggers().wait, origin_ns)
    await nemesis.run(0)
    assert ["link-0", "link-1"] == [row.target for row in nemesis.rows]
    for row in nemesis.rows:
        assert None not in row[6:11]
    assert [] == await links.leftovers()


@pytest.mark.trio
async def test_a_trigger_kills_within_milliseconds(cluster: Cluster, links: Links) -> None:
    """From the trigger to the confirmed end of the process only a moment passes, and its death is seen from outside."""
    triggers, origin_ns = Triggers(), time.monotonic_ns()
    schedule = FaultSchedule(faults=(ProcessFaultSpec("kill", "node-a", On("kill-0", 5.0)),), heal_s=9.0)
    nemesis = Nemesis(schedule, LocalWorld(links, cluster, {}), triggers.wait, origin_ns)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(nemesis.run, 0)
        await trio.testing.wait_all_tasks_blocked(0.01)
        triggers.fire()
    (row,) = nemesis.rows
    assert row.start_confirmed_ns is not None
    assert row.effect_seen_ns is not None
    took_ns = row.start_confirmed_ns + origin_ns - triggers.fired_ns
    assert took_ns < LATENCY_MS * MS
    assert await wait_through(cluster.command("node-a").endpoint.ws, 5) > 0


@pytest.mark.trio
@pytest.mark.parametrize("abort_s", [0.0, 0.1, 0.11, 0.13, 0.16, 0.2, 0.47, 0.72])
async def test_an_abort_leaves_nothing_broken(
    links: Links, cluster: Cluster, through: dict[str, Endpoint], abort_s: float
) -> None:
    """Cancelled amid requests, pauses and restarts: no toxic is left, nothing is paused, the target serves."""
    triggers, origin_ns = Triggers(), time.monotonic_ns()
    nemesis = Nemesis(SCHEDULE, LocalWorld(links, cluster, through), triggers.wait, origin_ns)
    with trio.move_on_after(abort_s):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(nemesis.run, 0)
            await trio.sleep(0.45)
            triggers.fire()
    assert [] == await links.leftovers()
    assert [] == cluster.paused()
    assert await wait_through(through["link-0"].ws, 20) > 0


@pytest.mark.trio
async def test_a_schedule_for_another_world_is_refused(links: Links, cluster: Cluster) -> None:
    """Links and nodes that do not exist are named before the run begins."""
    world = LocalWorld(links, cluster, {})
    for fault in (LinkFaultSpec("stall", ("link-9",), At(1), 1.0), ProcessFaultSpec("kill", "node-z", At(1))):
        with pytest.raises(ChaosError, match=r"there is no (link link-9|process node-z)"):
            Nemesis(FaultSchedule(faults=(fault,), heal_s=3.0), world, Triggers().wait, 0)
