"""One member is cut off while the others go on talking."""

import pytest

from chatproof.pytest_plugin.nemesis import Nemesis
from chatproof.pytest_plugin.target import Target

pytestmark = [pytest.mark.jepsen, pytest.mark.timeout(400)]


@pytest.mark.short
@pytest.mark.chatproof(
    scenario="partition of one member", seeds=5, members=5,
    holds={"no-lost-message": 200, "whole-resume": 1, "ordered-stream": 200, "same-order-everywhere": 5},
)  # fmt: skip
async def test_a_member_who_was_cut_off_misses_nothing(target: Target, nemesis: Nemesis) -> None:
    """After a partition of its link a member gets, in order, everything that the others said meanwhile."""
    await target.connect()
    async with target.chatter(per_s=20) as talk:
        await talk.acknowledged(20)
        await nemesis.partition(target.members[-1].link, for_s=2)
        await talk.acknowledged(20)
