"""History reads of a plane: single pages, walks from page to page, and the reads by which sessions repair holes."""

from __future__ import annotations

from typing import Literal, NamedTuple

from chatproof.drivers.interface import PageRead, Read, RepairStarted
from chatproof.loadtests.actions import FIRST_UNPLANNED, op_id
from chatproof.loadtests.bodies import BodyChecker
from chatproof.loadtests.plane.device import Clock, Device
from chatproof.loadtests.recorder import Recorder

Direction = Literal["forward", "backward"]
Purpose = Literal["app", "audit", "probe"]
_TRIES = 20
"""Pages of one walk that may fail in all: after heal a page fails only where something is broken."""


class Walk:
    """A walk through a conversation, page by page, at most `pages` of them.

    `is_over`: it has all it should read, or gave up (`has_failed`).
    """

    __slots__ = (
        "after", "conv", "device", "direction", "failures", "first_read", "is_over", "limit", "pages", "purpose",
    )

    def __init__(
        self, device: Device, conv: int, *, after: int, limit: int, direction: Direction, purpose: Purpose,
        pages: int | None = None,
    ) -> None:
        self.device = device
        self.conv = conv
        self.after = after
        self.limit = limit
        self.direction: Direction = direction
        self.purpose: Purpose = purpose
        self.pages = pages
        self.failures = 0
        self.first_read = 0
        self.is_over = False

    @property
    def has_failed(self) -> bool:
        """Too many of its pages failed."""
        return self.failures >= _TRIES


class _Asked(NamedTuple):
    read: int
    conv: int
    walk: Walk | None


class Reading:
    """All reads under way, by (device, the session's own read id)."""

    def __init__(self, recorder: Recorder, checker: BodyChecker, clock: Clock) -> None:
        self._recorder = recorder
        self._checker = checker
        self._clock = clock
        self._asked: dict[tuple[int, int], _Asked] = {}

    def begin(self, walk: Walk) -> Walk:
        """Ask for the first page."""
        self._ask(walk)
        return walk

    def repair_started(self, device: Device, repair: RepairStarted, now_ns: int) -> None:
        """A session reads by itself, to fill a hole."""
        read = _new_read(device)
        self._asked[device.dev, repair.read] = _Asked(read, repair.conv, None)
        self._recorder.read_begun(
            read, read, device.dev, device.number, "repair", repair.conv, "forward", repair.limit, repair.after, now_ns
        )

    def answered(self, device: Device, page: PageRead, now_ns: int) -> None:
        """A page came, or will not come."""
        asked = self._asked.pop((device.dev, page.read), None)
        if asked is None:
            return
        for at, item in enumerate(page.items):
            body_hash = self._checker.check(item.body).hash if item.event == "message" else None
            self._recorder.read_item(asked.read, at, asked.conv, item, body_hash)
        self._recorder.read_ended(asked.read, page, now_ns)
        if asked.walk is not None:
            self._go_on(asked.walk, page)

    def _go_on(self, walk: Walk, page: PageRead) -> None:
        """The next page, the same page again after a failure, or the end."""
        if page.outcome == "ok":
            walk.after = page.next_after
            walk.pages = None if walk.pages is None else walk.pages - 1
            walk.is_over = page.complete or walk.pages == 0
        else:
            walk.failures += 1
            walk.is_over = walk.has_failed
        if not walk.is_over:
            self._ask(walk)

    def _ask(self, walk: Walk) -> None:
        """Queue a page read: recorded before the session can write it."""
        device, now_ns = walk.device, self._clock()
        read = _new_read(device)
        walk.first_read = walk.first_read or read
        self._asked[device.dev, read] = _Asked(read, walk.conv, walk)
        self._recorder.read_begun(
            read, walk.first_read, device.dev, device.number, walk.purpose, walk.conv, walk.direction, walk.limit,
            walk.after, now_ns,
        )
        device.session.read(Read(read, walk.conv, walk.after, walk.limit, walk.direction))
        device.pump(now_ns)


def _new_read(device: Device) -> int:
    return op_id(device.dev, FIRST_UNPLANNED + device.new_number())
