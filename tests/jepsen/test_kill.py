"""The server is killed the moment it has acknowledged something."""

from functools import partial

import pytest
import trio

from chatproof.chaos.clients.member import Member
from chatproof.chaos.clients.sends import Sent
from chatproof.pytest_plugin.nemesis import Nemesis
from chatproof.pytest_plugin.target import Target

pytestmark = [pytest.mark.jepsen, pytest.mark.timeout(400)]

BURST = 5
"""Messages of each member in one burst."""

ACKS = 6
"""After so many acks of a burst the server is killed: all of them are exposed, and the rest is under way."""


class Burst:
    """Everybody sends at once; `acked` is set when enough of it was acknowledged."""

    def __init__(self, members: tuple[Member, ...]) -> None:
        self._members = members
        self.sent: list[Sent] = []
        self.acked = trio.Event()

    async def run(self) -> None:
        """Send everything, and wait for every outcome, over the kill."""
        async with trio.open_nursery() as nursery:
            for member in self._members * BURST:
                nursery.start_soon(self._send, member)

    async def _send(self, member: Member) -> None:
        self.sent.append(await member.send())
        if len(self.sent) >= ACKS:
            self.acked.set()


@pytest.mark.parametrize("kills", [pytest.param(4, marks=pytest.mark.short), 20])
@pytest.mark.chatproof(
    scenario="kill -9 after ack", seeds=3, members=5,
    holds={"durable-ack": 20, "idempotent-send": 20, "no-lost-message": 200, "one-id-per-seq": 50, "dense-ids": 50},
)  # fmt: skip
async def test_what_was_acknowledged_survives_the_kill(target: Target, nemesis: Nemesis, kills: int) -> None:
    """Every message acknowledged before a kill is there after it, once, and a retry with its key gets its seq."""
    await target.connect()
    async with target.chatter(per_s=20) as talk:
        await talk.acknowledged(20)
    for _ in range(kills):
        await target.connect()
        burst = Burst(target.members)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(burst.run)
            nursery.start_soon(partial(nemesis.kill, target.nodes[0], when=burst.acked.wait))
        for sent in burst.sent[:ACKS]:
            assert sent.seq == (await target.member_of(sent).again(sent)).seq
