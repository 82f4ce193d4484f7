"""The target of a scenario test: what is judged, and who uses it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

import pytest
import trio

from chatproof.chaos.clients.chatter import Chatter, chatter
from chatproof.chaos.clients.member import Member
from chatproof.chaos.clients.sends import Sent

CONNECT_S = 30.0
"""Longest time until everybody is live: a restarted server and the longest pause between attempts, many times over."""


class Target(NamedTuple):
    """The fixture `target`.

    Attributes:
        name: `embedded`, `mutant:NAME` or a URL.
        nodes: its processes that can be killed or paused; none where it is given by URL.
        members: who uses it: each has one device, and is a member of every conversation. Nobody is connected yet.
        conversations: the numbers of the groups.
        seed: what everything random in the test is drawn from.
    """

    name: str
    nodes: tuple[str, ...]
    members: tuple[Member, ...]
    conversations: tuple[int, ...]
    seed: int

    async def connect(self) -> None:
        """Connect everybody; returns when all streams are live, and fails the test after half a minute."""
        with trio.move_on_after(CONNECT_S):
            async with trio.open_nursery() as nursery:
                for member in self.members:
                    nursery.start_soon(member.connect)
            return
        pytest.fail(f"not live after {CONNECT_S:g} s: devices {self.away()}", pytrace=False)

    def away(self) -> list[int]:
        """The devices that have no session in which every stream is live."""
        return [member.dev for member in self.members if not member.device.is_live()]

    def member_of(self, sent: Sent) -> Member:
        """Who sent it."""
        return next(member for member in self.members if member.dev == sent.dev)

    def chatter(
        self, *, per_s: float = 20.0, members: Sequence[Member] = ()
    ) -> AbstractAsyncContextManager[Chatter]:
        """Messages at random moments while the block lasts, by everybody or by these members.

        Every outcome is awaited at its end. What it yields has the messages in `sent` as their outcomes come, and
        `acknowledged(count)`, which waits until so many more were sent and acknowledged.
        """
        return chatter(members or self.members, self.conversations, per_s=per_s, seed=self.seed)
