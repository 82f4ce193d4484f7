"""A node is a value: another part in it is another server, without a line of the healthy one changed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chatproof.reference_server.composition import Parts, healthy_parts
from chatproof.reference_server.ports.bus import Bus
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.host import FoldedBatch
from chatproof.reference_server.roles.gateway.fanout import FanOut
from chatproof.reference_server.roles.gateway.gateway import Identity
from chatproof.reference_server.roles.presence.board import Board
from tests.reference_server.conformance.world import World, key, open_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


class LargerFirst(FanOut):
    """Pushes the later of two neighbouring events first."""

    def folded(self, batch: FoldedBatch) -> None:
        events = list(batch.events)
        for n in range(0, len(events) - 1, 2):
            one, two = events[n], events[n + 1]
            if one.key == two.key:
                events[n], events[n + 1] = one._replace(line=two.line), two._replace(line=one.line)
        super().folded(FoldedBatch(events, batch.marks))


class GhostBoard(Board):
    """Remembers sessions over a kill, and nothing ends what it remembered."""

    def __init__(self, identity: Identity, bus: Bus, clock: Clock, directory: Path) -> None:
        super().__init__(identity.node, identity.incarnation, bus, clock)
        self._ghosts = directory / "ghosts"
        ghosts = self._ghosts.read_text().split() if self._ghosts.exists() else []
        for user in ghosts:
            super().show(user, "ghost", f"ghost-{user}", visible=True)

    def show(self, user: str, device: str, session: str, *, visible: bool) -> None:
        with self._ghosts.open("a") as file:
            file.write(f"{user}\n")
        super().show(user, device, session, visible=visible)


async def watched_state(world: World) -> str:
    """What ann is told of bob."""
    ann = await world.client("ann")
    return str((await ann.ok(presence={"watch": ["bob"]}))["users"][0]["state"])


async def test_a_fan_out_can_be_replaced(tmp_path: Path) -> None:
    """Events of one batch arrive in another order."""
    async with open_world(tmp_path, replace(healthy_parts(), fan_out=LargerFirst)) as world:
        await world.group("g", "ann")
        ann = await world.client("ann", "phone", "g")
        ids = [await ann.send(send={"conv": "g", "u": key(), "body": "x"}) for _ in range(50)]
        for request_id in ids:
            await ann.reply(request_id)
        seqs = ann.seqs("g")
    assert sorted(seqs) == list(range(2, 52))
    assert sorted(seqs) != seqs


@pytest.mark.parametrize(
    ("parts", "expected"),
    [(healthy_parts, "offline"), (lambda: replace(healthy_parts(), board=GhostBoard), "online")],
    ids=["healthy", "ghosts"],
)
async def test_a_board_can_be_replaced(tmp_path: Path, parts: Callable[[], Parts], expected: str) -> None:
    """It has the data directory, so it can do what no healthy one does: bring the dead back."""
    async with open_world(tmp_path, parts()) as world:
        await world.group("g", "ann", "bob")
        await world.client("bob")
    async with open_world(tmp_path, parts()) as world:
        assert expected == await watched_state(world)
