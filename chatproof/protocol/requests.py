"""What is written on one link: requests get an id and an owner, lines become frames, replies find their owner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from chatproof.protocol import client_limits, codec
from chatproof.protocol.exchanges import Exchange, Exchanges, ForOperation, Owner
from chatproof.protocol.outbox import Outbox


class Written(NamedTuple):
    """One frame to write, and the attempts it carries as (op, attempt): to be recorded before the frame is written."""

    frame: bytes
    attempts: tuple[tuple[int, int], ...]


class Requests:
    """The requests of a device that are not operations, queued for the next write, and all that wait for a reply."""

    def __init__(self) -> None:
        self._exchanges = Exchanges()
        self._queue: list[tuple[Struct, Owner, int]] = []

    def queue(self, command: Struct, owner: Owner, timeout_ns: int = client_limits.SESSION_REQUEST_TIMEOUT_NS) -> None:
        """Write this at the next occasion."""
        self._queue.append((command, owner, timeout_ns))

    def write(self, now_ns: int, outbox: Outbox | None) -> Sequence[Written]:
        """Frames with everything queued, and with the operations that are due where an outbox is given."""
        if not self._queue and not outbox:
            return ()
        batch = _Batch()
        for command, owner, timeout_ns in self._queue:
            self._add(batch, codec.command_name(command), codec.encode_tail(command), owner, now_ns + timeout_ns)
        self._queue.clear()
        if outbox is not None:
            for entry in outbox.due(now_ns):
                owner = ForOperation(entry.op, outbox.written(entry), entry.command)
                name = codec.command_name(entry.command)
                self._add(batch, name, entry.tail, owner, now_ns + client_limits.REQUEST_TIMEOUT_NS)
        return batch.frames()

    def answered(self, request_id: int) -> tuple[Exchange, bool] | None:
        """See `Exchanges.end`."""
        return self._exchanges.end(request_id)

    def expired(self, now_ns: int) -> Sequence[Exchange]:
        """See `Exchanges.expired`."""
        return self._exchanges.expired(now_ns)

    def abandon(self, op: int) -> None:
        """See `Exchanges.abandon`."""
        self._exchanges.abandon(op)

    def link_lost(self) -> Sequence[Exchange]:
        """Nothing that is queued will be written; everything that waited for a reply is returned."""
        self._queue.clear()
        return self._exchanges.clear()

    def _add(self, batch: _Batch, command: str, tail: bytes, owner: Owner, deadline_ns: int) -> None:
        """Give a request its id and put its line into the batch."""
        batch.lines.append(codec.request_line(self._exchanges.begin(command, owner, deadline_ns), tail))
        batch.attempts.append((owner.op, owner.attempt) if isinstance(owner, ForOperation) else None)


class _Batch:
    """Lines to write at once, each with the attempt that it is, if it is one."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.attempts: list[tuple[int, int] | None] = []

    def frames(self) -> Sequence[Written]:
        """The lines packed into frames."""
        frames = []
        start = 0
        for end in codec.frame_ends(self.lines):
            attempts = tuple(attempt for attempt in self.attempts[start:end] if attempt is not None)
            frames.append(Written(b"\n".join(self.lines[start:end]), attempts))
            start = end
        return frames
