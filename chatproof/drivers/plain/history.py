"""The history pages of a session: those that the harness asks for, and those by which it catches up on a new link."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from chatproof.drivers.errors import DriverMistaken
from chatproof.drivers.interface import (
    Arrived,
    CaughtUp,
    HeadSeen,
    Item,
    Observation,
    Outcome,
    PageRead,
    Read,
    RepairStarted,
    Via,
)
from chatproof.drivers.names import UNKNOWN, Names
from chatproof.drivers.plain.timeline import PlainTimeline
from chatproof.drivers.plain.words import Message, Page, PageWanted, check
from chatproof.protocol import client_limits as limits
from chatproof.protocol.backoff import Backoff

EPOCH = 1
"""The only epoch of a target that has no word for it."""

PAGE = 100
"""Messages of one page when a device catches up."""

AT_ONCE = 4
"""Pages under way at once: a device that comes back must not be a load test of its own."""


class Reads:
    """Pages to ask for, and what their answers mean. Reads of the session's own have negative ids."""

    def __init__(self, *, has_history: bool, timeline: Callable[[int], PlainTimeline], seed: int) -> None:
        self._has_history = has_history
        self._timeline = timeline
        self._backoff = Backoff(seed, floor_ns=0, first_ns=limits.RETRY_FIRST_NS, cap_ns=limits.RETRY_CAP_NS)
        self._waiting: deque[tuple[Read, int]] = deque()
        self._catching_up: dict[int, int] = {}
        self._under_way = 0
        self._last = 0
        self._was_linked = False

    def add(self, request: Read) -> None:
        """A page that the harness wants."""
        self._waiting.append((request, 0))

    def due(self, now_ns: int) -> list[tuple[Read, PageWanted]]:
        """What to ask for now, as far as there is room."""
        asked: list[tuple[Read, PageWanted]] = []
        for _ in range(len(self._waiting) if self._under_way < AT_ONCE else 0):
            read, at_ns = self._waiting.popleft()
            if at_ns > now_ns or self._under_way >= AT_ONCE:
                self._waiting.append((read, at_ns))
            elif read.read > 0 or self._catching_up.get(read.conv) == read.read:
                self._under_way += 1
                asked.append((read, _wanted(read)))
        return asked

    def catch_up(self, followed: Sequence[int]) -> tuple[list[Observation], list[Observation]]:
        """A link is up again: what begins with that, and which streams are live at once."""
        first, self._was_linked = not self._was_linked, True
        if first or not self._has_history:
            return [], [CaughtUp(conv, self._timeline(conv).top) for conv in followed]
        return [self._catch_up(conv, self._timeline(conv).reload_after, 0) for conv in followed], []

    def link_down(self) -> None:
        """Catching up begins anew at the next link; what the harness asked for waits."""
        self._catching_up.clear()

    def came(
        self, read: Read, page: Page, names: Names, arrived: Callable[[Message, Via], Arrived], now_ns: int
    ) -> Sequence[Observation]:
        """A page came. Raises `DriverMistaken` for one that cannot be."""
        self._under_way -= 1
        messages = list(page.messages)
        for message in messages:
            check(message)
        if page.newest_first:
            messages.reverse()
        if page.more and not messages:
            raise DriverMistaken("The driver reads an empty history page and says that more messages follow it.")
        seen: list[Observation] = [self._page(read, page, messages, names)]
        if read.read > 0:
            is_newest = read.direction == "backward" and read.after == 0 and messages
            return [*seen, HeadSeen(read.conv, EPOCH, messages[-1].id, "read")] if is_newest else seen
        room = names.conversation_ids[read.conv]
        seen += [arrived(message._replace(room=room), "repair") for message in messages]
        if self._catching_up.get(read.conv) != read.read:
            return seen
        self._backoff.reset()
        if page.more:
            return [*seen, self._catch_up(read.conv, messages[-1].id, now_ns)]
        del self._catching_up[read.conv]
        return [*seen, CaughtUp(read.conv, self._timeline(read.conv).top)]

    def failed(self, read: Read, outcome: Outcome, code: str, now_ns: int) -> Sequence[Observation]:
        """A page will not come; catching up goes on, after a while."""
        self._under_way -= 1
        seen: list[Observation] = [PageRead(read.read, outcome, code, 0, (), 0, 0, False)]
        if self._catching_up.get(read.conv) == read.read:
            seen.append(self._catch_up(read.conv, read.after, now_ns + self._backoff.next_ns()))
        return seen

    def _catch_up(self, conv: int, after: int, at_ns: int) -> RepairStarted:
        """Ask for what follows a message."""
        self._last -= 1
        self._catching_up[conv] = self._last
        self._waiting.append((Read(self._last, conv, after, PAGE), at_ns))
        return RepairStarted(conv, after, PAGE, self._last)

    def _page(self, read: Read, page: Page, messages: Sequence[Message], names: Names) -> PageRead:
        """A page as the harness records it, oldest message first."""
        items = [_item(message, names) for message in messages]
        top = max([self._timeline(read.conv).top, *(item.seq for item in items)])
        following = 0 if not items else items[0].seq if read.direction == "backward" else items[-1].seq
        return PageRead(read.read, "ok", "", EPOCH, items, following or read.after, top, not page.more)


def _wanted(read: Read) -> PageWanted:
    """A read in a dialect's words; reference and room are the session's to name."""
    if read.direction == "backward":
        return PageWanted(0, "", read.limit, before=read.after, backward=True)
    return PageWanted(0, "", read.limit, after=read.after)


def _item(message: Message, names: Names) -> Item:
    by = names.user(message.user) if message.user else UNKNOWN
    return Item(EPOCH, message.id, message.id, "message", by, "", message.text, message.at_ms * 1_000_000)
