"""The driver of the echo server: a message out, its acknowledgement in, and nothing else to claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from chatproof.drivers.errors import DriverError
from chatproof.drivers.interface import (
    Answered,
    Attempting,
    CaughtUp,
    Endpoint,
    Observation,
    Operation,
    Outgoing,
    Provisioned,
    Read,
    Ready,
    Roster,
    Settled,
    StartCommand,
)
from chatproof.protocol.frames import Send, SendOk


class _Reply(Struct):
    """`{"id":n,"ok":{…}}`."""

    id: int
    ok: SendOk


_decode = msgspec.json.Decoder(_Reply).decode
_encode = msgspec.json.Encoder().encode


class EchoSession:
    """See `drivers.interface.Session`. A send that is not answered before the link goes is unknown, for good."""

    def __init__(self, conversations: dict[int, str]) -> None:
        self._conversations = conversations
        self._followed: tuple[int, ...] = ()
        self._is_up = False
        self._queue: list[Operation] = []
        self._open: dict[int, Operation] = {}
        self._last_id = 0
        self._heads: dict[int, int] = {}

    def link_up(self, _now_ns: int) -> Sequence[Observation]:
        """There is nothing to say hello with."""
        self._is_up = True
        return [Ready("echo", 1), *(CaughtUp(conv, self.contiguous(conv)) for conv in self._followed)]

    def link_down(self, _now_ns: int, _code: int, **_: object) -> Sequence[Observation]:
        """What was not answered is unknown."""
        self._is_up = False
        lost = [operation.op for operation in self._open.values()]
        self._open.clear()
        ended: list[Observation] = [Answered(op, 1, "unknown", "link_lost", False, 0, 0, 0, False) for op in lost]
        return ended + [Settled(op, "unknown", "link_lost", "none", 0, 0, 0) for op in lost]

    def receive(self, frame: bytes, _now_ns: int) -> Sequence[Observation]:
        """One acknowledgement."""
        reply = _decode(frame)
        operation, ok = self._open.pop(reply.id), reply.ok
        self._heads[operation.conv] = ok.seq
        return (
            Answered(operation.op, 1, "ok", "", False, ok.epoch, ok.seq, ok.msg_id, False),
            Settled(operation.op, "ok", "", "ack", ok.epoch, ok.seq, ok.msg_id),
        )

    def tick(self, _now_ns: int) -> Sequence[Observation]:
        """Nothing hangs on time."""
        return ()

    def outgoing(self, _now_ns: int) -> Sequence[Outgoing]:
        """A frame for each send that waits."""
        if not self._queue or not self._is_up:
            return ()
        frames = [Outgoing(self._frame(each), (Attempting(each.op, 1),)) for each in self._queue]
        self._queue.clear()
        return frames

    def _frame(self, operation: Operation) -> bytes:
        self._last_id += 1
        self._open[self._last_id] = operation
        send = Send(self._conversations[operation.conv], operation.u, operation.body)
        return b'{"id":%d,"send":%b}' % (self._last_id, _encode(send))

    def follow(self, conversations: Sequence[int], _watch: Sequence[int]) -> None:
        """There is no stream; the conversations are live as soon as the link is."""
        self._followed = tuple(conversations)

    def do(self, operation: Operation, _now_ns: int, _give_up_ns: int) -> bool:
        """Queue a send; there is nothing else to do here."""
        self._queue.append(operation)
        return True

    def mark(self, conv: int, delivered: int, read: int) -> None:
        """There are no markers."""

    def read(self, request: Read) -> None:
        """There is no history."""

    def reconnect_at_ns(self) -> int | None:
        """At once."""
        return None if self._is_up else 0

    def contiguous(self, conv: int) -> int:
        """What was acknowledged is all there is."""
        return self._heads.get(conv, 0)

    def pending(self) -> int:
        """Queued or unanswered."""
        return len(self._queue) + len(self._open)


class EchoDriver:
    """See `drivers.interface.Driver`: the benchmark starts the server and makes up who takes part."""

    name = "echo"
    reads_backward = False

    @property
    def claims(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def start_command(self, **_: object) -> StartCommand:
        """Raises `DriverError`: the benchmark starts it."""
        raise DriverError("The echo server is started by the benchmark.")

    async def provision(self, _endpoint: Endpoint, roster: Roster, _secret: str) -> Provisioned:
        """Names; the echo server lets everybody in."""
        return names_of(roster)

    def session(self, *, provisioned: Provisioned, **_: object) -> EchoSession:
        """See the interface."""
        return EchoSession(provisioned.conversations)


def names_of(roster: Roster) -> Provisioned:
    """Everybody of a roster, by made-up names."""
    return Provisioned(
        users={user: f"u{user}" for user in range(roster.users)},
        tokens={device.dev: f"u{device.user}" for device in roster.devices},
        conversations={each.conv: f"g{each.conv}" for each in roster.conversations},
    )
