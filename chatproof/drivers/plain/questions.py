"""What a session has asked and not heard of yet, by reference; and for a while what it no longer waits for."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from chatproof.drivers.interface import Attempting, Read
from chatproof.drivers.plain.words import Mark, PageWanted, Post
from chatproof.protocol.client_limits import LATE_REPLIES


class Asked(NamedTuple):
    """One question: what was asked for, when, and the attempt or read that it is."""

    thing: Post | Mark | PageWanted | None
    asked_ns: int
    attempt: Attempting | None
    read: Read | None = None
    over_http: bool = False
    is_late: bool = False


class Questions:
    """References count from 1 over the whole life of a device, so none is ever given twice.

    A target that names no reference answers in order, so also what is late counts there: its answer comes first.
    """

    def __init__(self) -> None:
        self._last = 0
        self._open: dict[int, Asked] = {}
        self._late: dict[int, Asked] = {}
        self._by_op: dict[int, int] = {}
        self._on_link: deque[int] = deque()

    def new_ref(self) -> int:
        """The next reference."""
        self._last += 1
        return self._last

    def was_given(self, ref: object) -> bool:
        """Whether something was ever asked under it."""
        return isinstance(ref, int) and 0 < ref <= self._last

    def ask(self, ref: int, asked: Asked) -> None:
        """Wait for an answer."""
        self._open[ref] = asked
        if asked.attempt is not None:
            self._by_op[asked.attempt.op] = ref
            if not asked.over_http:
                self._forget_answered()
                self._on_link.append(ref)

    def find(self, ref: int | None) -> int | None:
        """The reference of an answer: for None the oldest operation in a frame of this link that has none yet."""
        if ref is not None:
            return ref if self._is_awaited(ref) else None
        self._forget_answered()
        return self._on_link[0] if self._on_link else None

    def get(self, ref: int) -> Asked | None:
        """An open question."""
        return self._open.get(ref)

    def take(self, ref: int) -> Asked | None:
        """An open question, which is answered now; or one whose time is over."""
        asked = self._open.pop(ref, None)
        if asked is None:
            return self._late.pop(ref, None)
        if asked.attempt is not None:
            self._by_op.pop(asked.attempt.op, None)
        return asked

    def expect_late(self, ref: int, asked: Asked) -> None:
        """No longer wait for an answer, but understand one that comes after all."""
        self._late[ref] = asked._replace(is_late=True)
        if len(self._late) > LATE_REPLIES:
            del self._late[next(iter(self._late))]

    def older_than(self, ns: int) -> list[tuple[int, Asked]]:
        """Take out what was asked before an instant; questions stand in the order of their time."""
        found: list[tuple[int, Asked]] = []
        for ref, asked in self._open.items():
            if asked.asked_ns >= ns:
                break
            found.append((ref, asked))
        return self._taken(found)

    def take_frames(self) -> list[tuple[int, Asked]]:
        """Take out everything that was asked in frames: their link is gone."""
        self._on_link.clear()
        return self._taken([(ref, asked) for ref, asked in self._open.items() if not asked.over_http])

    def ref_of(self, op: int) -> int | None:
        """The open question of an operation."""
        return self._by_op.get(op)

    @property
    def oldest_frame_ns(self) -> int | None:
        """Since when an answer to a frame is waited for."""
        return next((asked.asked_ns for asked in self._open.values() if not asked.over_http), None)

    def _is_awaited(self, ref: int) -> bool:
        return ref in self._open or ref in self._late

    def _forget_answered(self) -> None:
        """Operations whose answer came stand in nobody's way."""
        while self._on_link and not self._is_awaited(self._on_link[0]):
            self._on_link.popleft()

    def _taken(self, found: list[tuple[int, Asked]]) -> list[tuple[int, Asked]]:
        for ref, _ in found:
            self.take(ref)
        return found
