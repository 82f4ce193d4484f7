"""The server stands still, and wakes up with everything that it had in its hands."""

import pytest

from chatproof.pytest_plugin.nemesis import Nemesis
from chatproof.pytest_plugin.target import Target

pytestmark = [pytest.mark.jepsen, pytest.mark.timeout(400)]

AGAIN = 40
"""So many of the last messages are sent once more, as by clients that never got the answer."""


@pytest.mark.short
@pytest.mark.chatproof(
    scenario="pause", seeds=3, members=5, heartbeat_s=1.0,
    holds={"idempotent-send": 20, "no-lost-message": 300, "one-id-per-seq": 50, "shown-once": 100},
)  # fmt: skip
async def test_a_zombie_does_nothing_twice(target: Target, nemesis: Nemesis) -> None:
    """Clients give up a paused server's links and try again under the same keys; what it had read, it does once."""
    await target.connect()
    async with target.chatter(per_s=30) as talk:
        await talk.acknowledged(30)
        await nemesis.pause(target.nodes[0], for_s=3)
        await talk.acknowledged(30)
    for one in talk.sent[-AGAIN:]:
        assert one.seq == (await target.member_of(one).again(one)).seq
