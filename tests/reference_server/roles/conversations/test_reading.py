"""Pages: what a reader sees, what is hidden, and that memory and store make one stream."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import Cursor
from chatproof.reference_server.core.commands import ChangeMembership, Create
from chatproof.reference_server.ports.host import StaleAfterNs
from chatproof.reference_server.roles.conversations import Conversations
from chatproof.reference_server.roles.conversations.bounds import Bounds
from tests.reference_server.roles.conversations.node import (
    SettableClock,
    group,
    key,
    kick,
    message,
    node,
    page,
    seq_of,
    seqs,
)


async def talk(host: Conversations, first: int, last: int) -> None:
    """Send the messages of these seqs."""
    for n in range(first, last + 1):
        assert n == await seq_of(host, message(n))


def test_who_left_sees_up_to_the_own_leave_and_who_rejoined_a_gap(tmp_path: Path) -> None:
    """`since_join`: hidden seqs are named as ranges, so that contiguity stays arithmetic."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a", "b"))
            await talk(host, 2, 3)
            await seq_of(host, kick(4, "a", "b"))
            await talk(host, 5, 6)
            left = await page(host, "g", "b")
            assert [1, 2, 3, 4] == [event.seq for event in left.events]
            assert (4, Cursor(1, 4), True) == (left.covered, left.head, left.complete)
            assert 4 == host.last_visible("g", "b")
            await seq_of(host, ChangeMembership("g", "a", "b", key(7), "join"))
            back = await page(host, "g", "b")
            assert ([1, 2, 3, 4, 7], [(5, 6)]) == ([event.seq for event in back.events], back.hidden)
            assert [1, 2, 3, 4, 5, 6, 7] == await seqs(host, "g", "a")

    asyncio.run(run())


def test_an_open_history_is_open_to_who_comes_later(tmp_path: Path) -> None:
    """Policy `all`."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, Create("g", "a", key(1), "group", ("a",), True, "all"))
            await talk(host, 2, 3)
            await seq_of(host, ChangeMembership("g", "b", "b", key(4), "join"))
            assert [1, 2, 3, 4] == await seqs(host, "g", "b")

    asyncio.run(run())


def test_a_stranger_sees_nothing(tmp_path: Path) -> None:
    """Neither events nor the head; another user's own stream neither."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            for stream, user in (("g", "z"), ("me:a", "z")):
                found = await page(host, stream, user)
                assert ([], [], 0) == (found.events, found.hidden, found.head.seq)

    asyncio.run(run())


@pytest.mark.parametrize("in_memory", [0, 3, 20_000])
@pytest.mark.parametrize("limit", [1, 4, 100])
def test_walks_meet_every_event_once(limit: int, in_memory: int, tmp_path: Path) -> None:
    """Forward and backward, any page size, wherever memory ends and the store begins: the same events."""

    async def run() -> None:
        async with node(tmp_path, bounds=Bounds(max_recent=in_memory)) as host:
            await seq_of(host, group(1, "a", "b"))
            await talk(host, 2, 5)
            await seq_of(host, kick(6, "a", "b"))
            await talk(host, 7, 8)
            await seq_of(host, ChangeMembership("g", "a", "b", key(9), "join"))
            await talk(host, 10, 11)
            expected = ([1, 2, 3, 4, 5, 6, 9, 10, 11], [7, 8])
            assert expected == await walk(host, limit)
            assert expected == await walk_back(host, limit)

    asyncio.run(run())


async def walk(host: Conversations, limit: int) -> tuple[list[int], list[int]]:
    """All (seen, hidden) seqs of g for b, page by page forward."""
    seen: list[int] = []
    hidden: list[int] = []
    after, complete = 0, False
    while not complete:
        found = await page(host, "g", "b", after, limit)
        assert len(found.events) <= limit
        seen += [event.seq for event in found.events]
        hidden += [seq for first, last in found.hidden for seq in range(first, last + 1)]
        after, complete = found.covered, found.complete
    assert 11 == after
    return seen, hidden


async def walk_back(host: Conversations, limit: int) -> tuple[list[int], list[int]]:
    """The same from the end."""
    seen: list[int] = []
    hidden: list[int] = []
    before, complete = 12, False
    while not complete:
        found = await host.read("g", "b", after=before, upto=None, limit=limit, backward=True)
        seen = [event.seq for event in found.events] + seen
        hidden = [seq for first, last in found.hidden for seq in range(first, last + 1)] + hidden
        before, complete = found.covered, found.complete
    assert 1 == before
    return seen, hidden


def test_a_page_ends_where_it_is_told(tmp_path: Path) -> None:
    """`upto` bounds a resume: what came later is live. An empty range is complete at once."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            await talk(host, 2, 6)
            found = await host.read("g", "a", after=2, upto=4, limit=100)
            assert ([3, 4], 4, True) == ([event.seq for event in found.events], found.covered, found.complete)
            nothing = await host.read("g", "a", after=6, upto=None, limit=100)
            assert ([], 6, True) == (nothing.events, nothing.covered, nothing.complete)

    asyncio.run(run())


def test_a_stale_host_decides_nothing_negative(tmp_path: Path) -> None:
    """It cannot know whether the asker has become a member meanwhile; who is one still reads."""
    clock = SettableClock()

    async def run() -> None:
        async with node(tmp_path, clock=clock) as host:
            await seq_of(host, group(1, "a"))
            clock.now_ns += StaleAfterNs
            assert not host.is_ready()
            with pytest.raises(WireError, match="stale_node"):
                await page(host, "g", "z")
            assert [1] == await seqs(host, "g", "a")

    asyncio.run(run())
