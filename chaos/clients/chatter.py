"""Chatter: messages at random moments, so that something is under way whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

import trio

from chatproof.chaos.clients.errors import Unanswered
from chatproof.chaos.clients.member import Member
from chatproof.chaos.clients.sends import Sent

ACKNOWLEDGED_S = 60.0
"""Longest wait for acknowledgements: a restarted server or a mended link needs seconds, a dead target for ever."""


class Chatter:
    """What is said while the block of `chatter` lasts.

    Attributes:
        sent: the messages whose outcome is known, in the order of their outcomes.
    """

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self._begun = 0
        self._acknowledged: list[int] = []
        self._waiting = trio.lowlevel.ParkingLot()

    async def say(self, member: Member, conv: int) -> None:
        """Send one message and await its outcome."""
        number, self._begun = self._begun, self._begun + 1
        sent = await member.send(conv)
        self.sent.append(sent)
        if sent.outcome == "ok":
            self._acknowledged.append(number)
            self._waiting.unpark_all()

    async def acknowledged(self, count: int) -> None:
        """Wait until `count` of the messages that are sent from now on are acknowledged.

        Raises:
            Unanswered: fewer were within `ACKNOWLEDGED_S`.
        """
        first = self._begun
        with trio.move_on_after(ACKNOWLEDGED_S):
            while self._acknowledged_since(first) < count:
                await self._waiting.park()
            return
        known = self._acknowledged_since(first)
        raise Unanswered(f"{known} of {count} messages were acknowledged within {ACKNOWLEDGED_S:g} s")

    def _acknowledged_since(self, first: int) -> int:
        return sum(number >= first for number in self._acknowledged)


@asynccontextmanager
async def chatter(
    members: Sequence[Member], conversations: Sequence[int], *, per_s: float, seed: int
) -> AsyncIterator[Chatter]:
    """Messages at random moments, `per_s` a second in all, while the block lasts; then every outcome is awaited.

    Who sends, and where, is drawn from the seed. Nobody waits for an answer before the next message is sent.
    """
    draw, talk, over = Random(f"chatter {seed}"), Chatter(), trio.Event()

    async def go_on(nursery: trio.Nursery) -> None:
        while not over.is_set():
            nursery.start_soon(talk.say, draw.choice(members), draw.choice(conversations))
            with trio.move_on_after(draw.expovariate(per_s)):
                await over.wait()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(go_on, nursery)
        try:
            yield talk
        finally:
            over.set()
