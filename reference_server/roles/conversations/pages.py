"""Pages of a stream as one user may see them: the store up to its watermark, then the tail in memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from chatproof.protocol.frames import Cursor, Event
from chatproof.reference_server.core.visibility import Interval, Policy, hidden_ranges, visible_ranges
from chatproof.reference_server.ports.host import Page
from chatproof.reference_server.ports.store import Store, StoreError
from chatproof.reference_server.roles.conversations.partition import event_line
from chatproof.reference_server.roles.conversations.recent import Recent

_Item = tuple[bytes, Event]


class View(NamedTuple):
    """What a user may see of a stream now.

    Attributes:
        head: of the stream, as far as the user may know it.
        intervals: membership intervals; empty for a stranger.
    """

    epoch: int
    head: int
    policy: Policy
    intervals: Sequence[Interval]


class Pages:
    """Reads one partition's streams."""

    __slots__ = ("_recent", "_store")

    def __init__(self, store: Store, recent: Recent) -> None:
        self._store = store
        self._recent = recent

    async def forward(self, key: str, view: View, after: int, upto: int | None, limit: int) -> Page:
        """The first `limit` visible events with seq > after. Raises `StoreError`."""
        low, high = after + 1, view.head if upto is None else min(upto, view.head)
        ranges = visible_ranges(view.policy, view.intervals, low, high)
        items: list[_Item] = []
        for first, last in ranges:
            items += await self._span(key, first, last, limit - len(items), backward=False)
            if len(items) >= limit:
                break
        whole = len(items) < limit or items[-1][1].seq == ranges[-1][1]
        covered = max(after, high) if whole else items[-1][1].seq
        return _page(view, items, hidden_ranges(ranges, low, covered), covered, whole)

    async def backward(self, key: str, view: View, before: int, upto: int | None, limit: int) -> Page:
        """The last `limit` visible events with seq < before. Raises `StoreError`."""
        high = min(before - 1, view.head if upto is None else min(upto, view.head))
        ranges = visible_ranges(view.policy, view.intervals, 1, high)
        items: list[_Item] = []
        for first, last in reversed(ranges):
            items = [*await self._span(key, first, last, limit - len(items), backward=True), *items]
            if len(items) >= limit:
                break
        whole = len(items) < limit or items[0][1].seq == ranges[0][0]
        covered = min(before, 1) if whole else items[0][1].seq
        return _page(view, items, hidden_ranges(ranges, covered, high), covered, whole)

    async def _span(self, key: str, first: int, last: int, limit: int, *, backward: bool) -> list[_Item]:
        """Up to `limit` events of [first, last], all of which exist; from its end when backward."""
        if last - first >= limit:
            first, last = (last - limit + 1, last) if backward else (first, first + limit - 1)
        tail = self._recent.tail(key)
        in_memory = tail[0].event.seq if tail else last + 1
        start, stop = max(0, first - in_memory), max(0, last - in_memory + 1)
        kept = [(folded.line, folded.event) for folded in islice(tail, start, stop)]
        if first >= in_memory:
            return kept
        return [*await self._stored(key, first, min(last, in_memory - 1)), *kept]

    async def _stored(self, key: str, first: int, last: int) -> list[_Item]:
        """Seqs are dense, so a row that is missing shows: better an error than a silent gap."""
        events = await self._store.events(key, first, last)
        if len(events) != last - first + 1:
            raise StoreError(f"The store has {len(events)} of the events {first} to {last} of {key}.")
        return [(event_line(event), event) for event in events]


def _page(
    view: View, items: Sequence[_Item], hidden: Sequence[tuple[int, int]], covered: int, complete: bool
) -> Page:
    lines, events = [line for line, _ in items], [event for _, event in items]
    return Page(lines, events, hidden, covered, Cursor(view.epoch, view.head), complete)
