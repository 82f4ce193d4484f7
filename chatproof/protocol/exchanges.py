"""Requests on the link that wait for their reply: ids, deadlines, and to whom each reply belongs.

Bounded by its callers: the outbox, the read queue, and one of each other command at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from chatproof.protocol import client_limits

_NEVER_NS = 1 << 63


class ForOperation(NamedTuple):
    """The reply settles this attempt to do `command`."""

    op: int
    attempt: int
    command: Struct


class ForRead(NamedTuple):
    """The reply is a page of this read; negative: the client itself asked, to repair the stream."""

    read: int
    stream: str


class ForStream(NamedTuple):
    """The reply is about a subscription."""

    stream: str


class ForMarkers(NamedTuple):
    """The reply acknowledges a coalesced receipt."""

    conv: str


class ForLink(NamedTuple):
    """The reply is about the session as a whole: hello, ping, the watch list, an advance."""


Owner = ForOperation | ForRead | ForStream | ForMarkers | ForLink


class Exchange(NamedTuple):
    """One request that was written."""

    command: str
    owner: Owner
    deadline_ns: int


class Exchanges:
    """Request id → exchange, for one link. Ids go on counting from link to link."""

    def __init__(self) -> None:
        self._open: dict[int, Exchange] = {}
        self._late: dict[int, Exchange] = {}
        self._last_id = 0
        self._next_deadline_ns = _NEVER_NS

    def begin(self, command: str, owner: Owner, deadline_ns: int) -> int:
        """Register a request that is about to be written: its id."""
        self._last_id += 1
        self._open[self._last_id] = Exchange(command, owner, deadline_ns)
        self._next_deadline_ns = min(self._next_deadline_ns, deadline_ns)
        return self._last_id

    def end(self, request_id: int) -> tuple[Exchange, bool] | None:
        """A reply came: its exchange and whether it was still waited for. None for an id that was not asked."""
        exchange = self._open.pop(request_id, None)
        if exchange is not None:
            return exchange, True
        exchange = self._late.pop(request_id, None)
        return None if exchange is None else (exchange, False)

    def expired(self, now_ns: int) -> Sequence[Exchange]:
        """Requests whose deadline passed, in order; a reply that still comes is a late one."""
        if now_ns < self._next_deadline_ns:
            return ()
        gone = [request_id for request_id, exchange in self._open.items() if exchange.deadline_ns <= now_ns]
        exchanges = [self._be_late(request_id) for request_id in gone]
        self._next_deadline_ns = min((e.deadline_ns for e in self._open.values()), default=_NEVER_NS)
        return exchanges

    def abandon(self, op: int) -> None:
        """The operation ended without its reply: should it still come, it is a late one."""
        for request_id, exchange in list(self._open.items()):
            if isinstance(exchange.owner, ForOperation) and exchange.owner.op == op:
                self._be_late(request_id)

    def clear(self) -> Sequence[Exchange]:
        """The link is gone: everything that was waited for, in order."""
        gone = list(self._open.values())
        self._open.clear()
        self._late.clear()
        self._next_deadline_ns = _NEVER_NS
        return gone

    def _be_late(self, request_id: int) -> Exchange:
        """Stop waiting for a reply, but know it should it come."""
        exchange = self._late[request_id] = self._open.pop(request_id)
        if len(self._late) > client_limits.LATE_REPLIES:
            del self._late[next(iter(self._late))]
        return exchange
