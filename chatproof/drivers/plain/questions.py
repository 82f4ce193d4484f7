"""What a session has asked and not heard of yet, by reference; and for a while what it no longer waits for."""

from __future__ import annotations

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
    """References count from 1 over the whole life of a device, so none is ever given twice."""

    def __init__(self) -> None:
        self._last = 0
        self._open: dict[int, Asked] = {}
        self._late: dict[int, Asked] = {}
        self._by_op: dict[int, int] = {}

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

    def find(self, ref: int | None) -> int | None:
        """The reference of an answer: for None the oldest open operation that was asked in a frame."""
        if ref is not None:
            return ref if ref in self._open or ref in self._late else None
        return next((one for one, asked in self._open.items() if asked.attempt and not asked.over_http), None)

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

    def take_all(self, *, over_http: bool) -> list[tuple[int, Asked]]:
        """Take out everything that was asked in frames, or over HTTP."""
        return self._taken([(ref, asked) for ref, asked in self._open.items() if asked.over_http is over_http])

    def ref_of(self, op: int) -> int | None:
        """The open question of an operation."""
        return self._by_op.get(op)

    @property
    def oldest_frame_ns(self) -> int | None:
        """Since when an answer to a frame is waited for."""
        return next((asked.asked_ns for asked in self._open.values() if not asked.over_http), None)

    def _taken(self, found: list[tuple[int, Asked]]) -> list[tuple[int, Asked]]:
        for ref, _ in found:
            self.take(ref)
        return found
