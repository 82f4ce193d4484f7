"""Fakes of what a plane stands on: a writer that keeps rows, a session that is scripted, a clock that is set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatproof.checkers.history.layout import LAYOUTS
from chatproof.drivers.interface import Attempting, Observation, Operation, Outgoing, Read


class FakeWriter:
    """Keeps (segment, row) in the order of commits; a row is a dict, so that tests name the columns they mean."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, dict[str, Any]]] = []
        self.watermark_ns = 0
        self.is_closed = False

    @property
    def last_rec(self) -> int:
        """The number of rows."""
        return len(self.rows)

    def appender(self, name: str) -> Callable[..., int]:
        """Appends to the one list; refuses rows of a wrong width, as the real writer does."""
        columns = [column.name for column in LAYOUTS[name].columns]

        def append(*values: Any) -> int:
            self.rows.append((name, dict(zip(columns, values, strict=True))))
            return len(self.rows)

        return append

    def watermark(self, t_ns: int) -> None:
        """Remember it."""
        self.watermark_ns = t_ns

    def close(self) -> None:
        """Remember it."""
        self.is_closed = True

    def of(self, name: str) -> list[dict[str, Any]]:
        """The rows of one segment."""
        return [row for segment, row in self.rows if segment == name]


@dataclass
class FakeClock:
    """ns since the run's origin, set by the test."""

    now_ns: int = 0

    def __call__(self) -> int:
        """The time."""
        return self.now_ns


@dataclass
class FakeSession:
    """Writes each operation as a frame of its own; `says` is what the next call of a method observes."""

    says: list[Observation] = field(default_factory=list)
    done: list[Operation] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    attempts: dict[int, int] = field(default_factory=dict)
    is_full: bool = False
    connects_at_ns: int | None = 0
    reached: dict[int, int] = field(default_factory=dict)
    _queue: list[Outgoing] = field(default_factory=list)

    def _observed(self) -> list[Observation]:
        said, self.says = self.says, []
        return said

    def link_up(self, now_ns: int) -> Sequence[Observation]:
        """Nothing but what the test said."""
        return self._observed()

    def link_down(self, now_ns: int, code: int, *, clean: bool) -> Sequence[Observation]:
        """Nothing but what the test said."""
        return self._observed()

    def receive(self, frame: bytes, now_ns: int) -> Sequence[Observation]:
        """Nothing but what the test said."""
        return self._observed()

    def tick(self, now_ns: int) -> Sequence[Observation]:
        """Nothing but what the test said."""
        return self._observed()

    def outgoing(self, now_ns: int) -> Sequence[Outgoing]:
        """What was asked for since."""
        queue, self._queue = self._queue, []
        return queue

    def follow(self, conversations: Sequence[int], watch: Sequence[int]) -> None:
        """Nothing to do."""

    def do(self, operation: Operation, now_ns: int, give_up_ns: int) -> bool:
        """Queue one frame, unless the outbox is full."""
        if self.is_full:
            return False
        self.done.append(operation)
        attempt = self.attempts[operation.op] = self.attempts.get(operation.op, 0) + 1
        self._queue.append(Outgoing(b"frame", (Attempting(operation.op, attempt),)))
        return True

    def mark(self, conv: int, delivered: int, read: int) -> None:
        """The plane does not use it."""
        raise AssertionError("receipts are operations")

    def read(self, request: Read) -> None:
        """Remember it."""
        self.reads.append(request)

    def reconnect_at_ns(self) -> int | None:
        """What the test set."""
        return self.connects_at_ns

    def contiguous(self, conv: int) -> int:
        """What the test set."""
        return self.reached.get(conv, 0)

    def pending(self) -> int:
        """Nothing waits."""
        return 0
