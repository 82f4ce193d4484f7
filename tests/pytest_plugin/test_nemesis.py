"""The nemesis of a scenario test."""

from functools import partial

import pytest
import trio

from chatproof.chaos.faults import FaultSpec
from chatproof.pytest_plugin.nemesis import Nemesis

pytestmark = pytest.mark.trio


class Willing:
    """An injection that does everything at once, and writes it down."""

    target_kind = "link"

    def __init__(self, target: str, did: list[str]) -> None:
        self.target = target
        self._did = did

    async def prepare(self) -> None:
        """Nothing to get ready."""

    async def start(self) -> None:
        """Break it."""
        self._did.append(f"break {self.target}")

    async def effect(self) -> str:
        """It is broken."""
        return "broken"

    async def stop(self) -> None:
        """Mend it."""
        self._did.append(f"mend {self.target}")

    async def mended(self) -> str:
        """It works."""
        return "works"

    async def release(self) -> None:
        """Nothing is held."""


class WillingWorld:
    """Everything in it can be broken."""

    def __init__(self) -> None:
        self.did: list[str] = []

    def injection(self, spec: FaultSpec, target: str) -> Willing:
        """A way to break this."""
        return Willing(target, self.did)

    async def mend_everything(self) -> None:
        """Nothing stays broken."""


def nemesis_of(world: WillingWorld, *nodes: str) -> Nemesis:
    """A nemesis whose time is trio's."""
    return Nemesis(world, nodes, 0, lambda: round(trio.current_time() * 1e9))  # type: ignore[arg-type]


async def test_a_fault_is_undone_when_its_call_returns(autojump_clock: trio.testing.MockClock) -> None:
    """What a test awaits is over afterwards, and confirmed from beginning to end."""
    world = WillingWorld()
    nemesis = nemesis_of(world)
    await nemesis.reset("link-0", for_s=0)

    assert ["break link-0", "mend link-0"] == world.did
    assert [] == [name for name, value in nemesis.rows[0]._asdict().items() if value is None and name != "trigger"]


async def test_faults_are_numbered_over_the_whole_test(autojump_clock: trio.testing.MockClock) -> None:
    """Each target of each fault is a row of its own, and as many are expected as were asked for."""
    nemesis = nemesis_of(WillingWorld(), "node-0")
    await nemesis.reset("link-0", "link-1", for_s=0)
    await nemesis.kill("node-0")

    assert [(1, "link-0"), (2, "link-1"), (3, "node-0")] == [(row.fault, row.target) for row in nemesis.rows]
    assert 3 == nemesis.expected


async def test_a_kill_waits_for_its_moment() -> None:
    """Nothing is broken before the test says that the moment has come."""
    world, moment = WillingWorld(), trio.Event()
    nemesis = nemesis_of(world, "node-0")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(nemesis.kill, "node-0", when=moment.wait))
        await trio.testing.wait_all_tasks_blocked()
        before = list(world.did)
        moment.set()

    assert ([], ["break node-0", "mend node-0"]) == (before, world.did)
    assert "the test's word" == nemesis.rows[0].trigger


async def test_what_needs_a_process_skips_where_there_is_none() -> None:
    """A target given by URL cannot be killed, and nobody claims that it was."""
    nemesis = nemesis_of(WillingWorld())

    with pytest.raises(pytest.skip.Exception, match="pause needs the target's process"):
        await nemesis.pause("node-0", for_s=1)
    assert (0, []) == (nemesis.expected, nemesis.rows)
