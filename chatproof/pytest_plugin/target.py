"""The target of a scenario test: what is judged, and who uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import trio

from chatproof.chaos.clients.member import Member, chatter
from chatproof.chaos.clients.sends import Sent


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
        """Connect everybody; returns when all streams of all members are live."""
        async with trio.open_nursery() as nursery:
            for member in self.members:
                nursery.start_soon(member.connect)

    @asynccontextmanager
    async def chatter(self, *, per_s: float = 20.0, members: Sequence[Member] = ()) -> AsyncIterator[list[Sent]]:
        """Messages at random moments while the block lasts, by everybody or by these members.

        Every outcome is awaited at its end; yields the list that sends are put into as their outcomes come.
        """
        async with chatter(members or self.members, self.conversations, per_s=per_s, seed=self.seed) as sent:
            yield sent
