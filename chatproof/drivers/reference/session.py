"""One device of the reference server: the protocol's client, in the harness's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from chatproof.drivers.interface import Attempting, Observation, Operation, Outgoing, Read
from chatproof.drivers.names import Names
from chatproof.drivers.reference.observations import Observations
from chatproof.protocol.client import Client
from chatproof.protocol.frames import Cursor, History, Join, Kick, Leave, Presence, Receipt, Send


class ReferenceSession:
    """See `drivers.interface.Session`."""

    def __init__(self, *, token: str, names: Names, user: int, seed: int) -> None:
        self._client = Client(token=token, seed=seed)
        self._names = names
        self._user = user
        self._observed = Observations(names).of
        self._commands: dict[str, Callable[[Operation], Struct]] = {
            "send": self._send,
            "receipt": self._receipt,
            "join": self._join,
            "leave": self._leave,
            "kick": self._kick,
            "presence": self._presence,
        }

    def link_up(self, now_ns: int) -> Sequence[Observation]:
        """See the interface."""
        return self._observed(self._client.link_up(now_ns))

    def link_down(self, now_ns: int, code: int, *, clean: bool) -> Sequence[Observation]:  # noqa: ARG002
        """See the interface. A connect that failed is told the same way; clean or not is the same to the client."""
        return self._observed(self._client.link_down(now_ns, code))

    def receive(self, frame: bytes, now_ns: int) -> Sequence[Observation]:
        """See the interface."""
        return self._observed(self._client.receive(frame, now_ns))

    def tick(self, now_ns: int) -> Sequence[Observation]:
        """See the interface."""
        return self._observed(self._client.tick(now_ns))

    def outgoing(self, now_ns: int) -> Sequence[Outgoing]:
        """See the interface."""
        return [
            Outgoing(frame, tuple(Attempting(*attempt) for attempt in attempts))
            for frame, attempts in self._client.outgoing(now_ns)
        ]

    def follow(self, conversations: Sequence[int], watch: Sequence[int]) -> None:
        """See the interface."""
        streams = [self._names.conversation_ids[conv] for conv in conversations]
        self._client.follow(streams, [self._names.user_ids[user] for user in watch])

    def do(self, operation: Operation, now_ns: int, give_up_ns: int) -> bool:
        """See the interface. An operation that ended before may be asked again; its attempts go on counting."""
        command = self._commands[operation.kind](operation)
        return self._client.do(operation.op, command, now_ns, give_up_ns)

    def mark(self, conv: int, delivered: int, read: int) -> None:
        """See the interface."""
        self._client.mark(self._names.conversation_ids[conv], delivered, read)

    def read(self, request: Read) -> None:
        """See the interface. `after` 0 reads from the first event, or backward from the last."""
        conv = self._names.conversation_ids[request.conv]
        cursor = Cursor(self._epoch(conv), request.after) if request.after else None
        self._client.read(request.read, History(conv, cursor, request.limit, request.direction))

    def reconnect_at_ns(self) -> int | None:
        """See the interface. 0 before the first link; None also after a close code that forbids to come back."""
        return self._client.reconnect_at_ns

    def contiguous(self, conv: int) -> int:
        """See the interface."""
        position = self._client.position(self._names.conversation_ids[conv])
        return 0 if position is None else position.seq

    def pending(self) -> int:
        """See the interface."""
        return self._client.pending

    def _epoch(self, conv: str) -> int:
        """The epoch to read in: the timeline's, or the first one."""
        position = self._client.position(conv)
        return 1 if position is None else position.epoch

    def _send(self, operation: Operation) -> Struct:
        return Send(self._conv(operation), operation.u, operation.body)

    def _receipt(self, operation: Operation) -> Struct:
        if operation.marker == "read":
            return Receipt(self._conv(operation), read=operation.seq)
        return Receipt(self._conv(operation), delivered=operation.seq)

    def _join(self, operation: Operation) -> Struct:
        is_self = operation.user in (-1, self._user)
        return Join(self._conv(operation), operation.u, None if is_self else self._names.user_ids[operation.user])

    def _leave(self, operation: Operation) -> Struct:
        return Leave(self._conv(operation), operation.u)

    def _kick(self, operation: Operation) -> Struct:
        return Kick(self._conv(operation), operation.u, self._names.user_ids[operation.user])

    def _presence(self, operation: Operation) -> Struct:
        return Presence(operation.state)

    def _conv(self, operation: Operation) -> str:
        return self._names.conversation_ids[operation.conv]
