"""Which holes to read by history, and when: after a short grace, one read per stream at a time, bounded tries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chatproof.protocol import client_limits, limits
from chatproof.protocol.frames import ME
from chatproof.protocol.subscriptions import Phase, Subscription
from chatproof.protocol.timeline import Timeline


class Page(NamedTuple):
    """A history read to ask for."""

    read: int
    stream: str
    epoch: int
    after: int
    limit: int


class _Repair:
    """The state of one stream's repair. `beyond`: holes below it brought nothing and are left alone on this link."""

    __slots__ = ("asked", "beyond", "due_ns", "timeline", "tries")

    def __init__(self, timeline: Timeline, due_ns: int) -> None:
        self.timeline = timeline
        self.due_ns = due_ns
        self.tries = 0
        self.beyond = 0
        self.asked: tuple[int, int] | None = None


class Repairs:
    """The repairs of one link. Streams to look at and answers go in, reads come out of `due`."""

    def __init__(self) -> None:
        self._repairs: dict[str, _Repair] = {}
        self._last_read = 0

    def look_at(self, each: Subscription | None, now_ns: int) -> None:
        """A followed conversation may have a hole: if it is live and not whole, look again after the grace."""
        if each is None or each.phase is not Phase.LIVE or each.timeline.is_whole or each.stream == ME:
            return
        if each.stream not in self._repairs:
            self._repairs[each.stream] = _Repair(each.timeline, now_ns + client_limits.REPAIR_GRACE_NS)

    def due(self, now_ns: int) -> Sequence[Page]:
        """The reads to ask for now. A stream that has become whole is forgotten."""
        pages = []
        for stream, repair in list(self._repairs.items()):
            if repair.asked is None and repair.due_ns <= now_ns:
                hole = repair.timeline.hole(repair.beyond)
                if hole is None:
                    self._rest(stream, repair)
                else:
                    pages.append(self._ask(stream, repair, hole))
        return pages

    def answered(self, stream: str, now_ns: int) -> None:
        """The read ended, well or not, and what it brought is in the timeline: go on, try again, or leave the hole."""
        repair = self._repairs.get(stream)
        if repair is None or repair.asked is None:
            return
        hole, repair.asked = repair.asked, None
        left = repair.timeline.hole(repair.beyond)
        if left is None or left[0] != hole[0]:
            repair.tries, repair.due_ns = 0, now_ns
            return
        repair.tries += 1
        repair.due_ns = now_ns + (client_limits.REPAIR_GRACE_NS << repair.tries)
        if repair.tries == client_limits.REPAIR_TRIES:
            repair.tries, repair.beyond = 0, left[1]

    def drop(self, stream: str) -> None:
        """The stream is no longer followed, or is asked for anew."""
        self._repairs.pop(stream, None)

    def clear(self) -> None:
        """The link is gone: the resumes of the next one take over."""
        self._repairs.clear()

    def _rest(self, stream: str, repair: _Repair) -> None:
        """Nothing to do now: forget the repair unless it remembers a hole to leave alone."""
        if repair.timeline.is_whole:
            del self._repairs[stream]

    def _ask(self, stream: str, repair: _Repair, hole: tuple[int, int]) -> Page:
        """Begin a read for a hole."""
        self._last_read -= 1
        repair.asked = hole
        limit = min(limits.MAX_PAGE, hole[1] - hole[0] + 1)
        return Page(self._last_read, stream, repair.timeline.epoch, hole[0] - 1, limit)
