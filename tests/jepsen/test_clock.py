"""The server's time of day jumps by an hour, and back."""

import pytest

from chatproof.chaos.clients.recording import Recording
from chatproof.pytest_plugin.nemesis import Nemesis
from chatproof.pytest_plugin.target import Target

pytestmark = [pytest.mark.jepsen, pytest.mark.timeout(400)]

STEP_S = 3600.0
NS = 1_000_000_000


@pytest.mark.short
@pytest.mark.chatproof(
    scenario="clock step", seeds=3, members=5, movable_clock=True,
    holds={"real-time-order": 50, "sender-order": 50, "no-lost-message": 300, "same-order-everywhere": 5,
           "one-id-per-seq": 50},
)  # fmt: skip
async def test_order_does_not_hang_on_the_clock(target: Target, nemesis: Nemesis, history: Recording) -> None:
    """Messages keep their order and their seqs while the clock goes an hour forward, and when it comes back."""
    await target.connect()
    async with target.chatter(per_s=20) as talk:
        await talk.acknowledged(20)
        await nemesis.step_clock(target.nodes[0], by_s=STEP_S, for_s=2)
        await talk.acknowledged(40)
    stamps = [row["server_ts_ns"] for row in history.rows("deliveries") if "server_ts_ns" in row]
    assert max(stamps) - min(stamps) > STEP_S * NS, "the step was seen in the times of messages"
