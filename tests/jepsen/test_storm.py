"""Everybody loses the connection at once, again and again."""

import pytest

from chatproof.pytest_plugin.nemesis import Nemesis
from chatproof.pytest_plugin.target import Target

pytestmark = [pytest.mark.jepsen, pytest.mark.timeout(400)]

STORMS = 5


@pytest.mark.short
@pytest.mark.chatproof(
    scenario="reconnect storm", seeds=3, members=12, conversations=2,
    holds={"no-lost-message": 1000, "whole-resume": 10, "shown-once": 300, "ordered-stream": 1000, "no-gap": 1000},
)  # fmt: skip
async def test_everybody_resumes_at_once(target: Target, nemesis: Nemesis) -> None:
    """When all links are reset while messages flow, every stream goes on where it was, without a hole or a repeat."""
    await target.connect()
    async with target.chatter(per_s=30) as talk:
        for _ in range(STORMS):
            await talk.acknowledged(15)
            await nemesis.reset(*(member.link for member in target.members), for_s=0.3)
        await talk.acknowledged(15)
