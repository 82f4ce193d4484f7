"""One client link as a state machine: bytes in, commands to their handlers, replies and pushes out.

States: `new` until a good hello, `open`, `closed`. Every request gets exactly one reply, in any order, unless the
link ends first. It touches the world only through its `Connection`, and time comes in by parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Protocol

import msgspec
from msgspec import Meta, Struct

from chatproof.protocol import limits
from chatproof.protocol.errors import CloseCode, WireError
from chatproof.protocol.frames import Bye, Hello, HelloOk, Request
from chatproof.protocol.frames import Limits as LimitsPush
from chatproof.reference_server.ports.connection import Connection
from chatproof.reference_server.roles.gateway import bounds, wire
from chatproof.reference_server.roles.gateway.follow import Follow

Handler = Callable[["Session", int, Any], None]
"""Carries out one kind of command: replies at once or later, or raises `WireError`."""


class Door(Protocol):
    """Who lets sessions in and hears of their end."""

    def admit(self, session: Session, hello: Hello) -> HelloOk:
        """Set the session's identity. Raises `WireError`."""
        ...

    def left(self, session: Session) -> None:
        """The session is over: forget it. Called exactly once per session, admitted or not."""
        ...

    def writable(self, session: Session) -> None:
        """The session reads again after a pause."""
        ...


class _OnlyId(Struct, frozen=True):
    """What can be saved of a request that is none."""

    id: Annotated[int, Meta(ge=1, le=2**53)]


_decode = msgspec.json.Decoder(Request).decode
_decode_id = msgspec.json.Decoder(_OnlyId).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Session:
    """See the module's docstring.

    Attributes:
        id: unique over all lives of the node; empty before hello.
        pending: requests without a reply.
        follows: stream → the session's place in it.
        watched: users whose presence it follows, in the order asked.
        choked: so far behind that live events are replaced by a gap notice.
        paused: behind: presence and receipts wait.
    """

    __slots__ = (
        "_dirty", "_door", "_handlers", "_heard_ns", "_link", "_out", "_paused_ns", "_pinged", "_when_writable",
        "choked", "device", "expires_ns", "follows", "heads_ns", "heartbeat_ns", "id", "paused", "pending", "state",
        "user", "watched",
    )  # fmt: skip

    def __init__(
        self, link: Connection, door: Door, handlers: Mapping[type, Handler], dirty: list[Session], now_ns: int
    ) -> None:
        self._link = link
        self._door = door
        self._handlers = handlers
        self._dirty = dirty
        self._out: list[bytes] = []
        self._heard_ns = now_ns
        self._pinged = False
        self._paused_ns = 0
        self._when_writable: list[Callable[[], None]] = []
        self.state: Literal["new", "open", "closed"] = "new"
        self.id = self.user = self.device = ""
        self.expires_ns = 0
        self.heartbeat_ns = bounds.HELLO_TIMEOUT_NS
        self.heads_ns = now_ns
        self.pending = 0
        self.follows: dict[str, Follow] = {}
        self.watched: dict[str, None] = {}
        self.choked = self.paused = False

    # --- in -------------------------------------------------------------------------------------------------------

    def heard(self, now_ns: int) -> None:
        """A byte came in: the link is alive. Before hello nothing but hello counts."""
        if self.state != "new":
            self._heard_ns = now_ns
            self._pinged = False

    def receive(self, payload: bytes, now_ns: int) -> None:
        """One text frame came in; what comes after the close is dropped."""
        if self.state == "closed":
            return
        lines = payload.split(b"\n") if b"\n" in payload else (payload,)
        if len(lines) > limits.MAX_REQUESTS_PER_FRAME:
            self.close(CloseCode.BAD_FRAME, "More requests in one frame than the limit.")
            return
        for line in lines:
            if line:
                self._take(line)
        self.heard(now_ns)
        self.flush()

    def lost(self) -> None:
        """The link is gone."""
        if self.state != "closed":
            self._end()

    def tick(self, now_ns: int, wall_ns: int) -> None:
        """Time passed: end the session if it is silent, expired or hopelessly behind."""
        if self.state == "closed":
            return
        silent_ns = now_ns - self._heard_ns
        if silent_ns > self.heartbeat_ns:
            code = CloseCode.HELLO_EXPECTED if self.state == "new" else CloseCode.HEARTBEAT
            self.close(code, "Nothing was heard on this link for too long.")
        elif self.state == "open" and wall_ns > self.expires_ns:
            self.close(CloseCode.UNAUTHORIZED, "The token has expired.")
        elif self.paused and now_ns - self._paused_ns > bounds.MAX_PAUSED_NS:
            self.close(CloseCode.SLOW_CONSUMER, "This link does not read what it is sent.")
        elif silent_ns * 2 > self.heartbeat_ns and not self._pinged:
            self._pinged = True
            self._link.ping()

    def excuse(self, deaf_ns: int, now_ns: int) -> None:
        """The node did not listen for so long: that time is not the link's silence."""
        self._heard_ns = min(now_ns, self._heard_ns + deaf_ns)
        self._paused_ns = min(now_ns, self._paused_ns + deaf_ns)

    def _take(self, line: bytes) -> None:
        if self.state == "closed":
            return
        try:
            request = _decode(line)
        except _UNREADABLE as error:
            self._misread(line, error)
            return
        command = _only_command(request)
        self.pending += 1
        try:
            if command is None:
                raise WireError("bad_request", "A request names exactly one command.")
            self._dispatch(request.id, command)
        except WireError as error:
            self.refuse(request.id, error)
            if self.state == "new":
                code = CloseCode.UNAUTHORIZED if isinstance(command, Hello) else CloseCode.HELLO_EXPECTED
                self.close(CloseCode.DRAIN if error.code == "draining" else code, error.reason)

    def _dispatch(self, request_id: int, command: Struct) -> None:
        if self.state == "new":
            if not isinstance(command, Hello):
                raise WireError("unauthorized", "The first command of a link is hello.")
            ok = self._door.admit(self, command)
            self.state = "open"
            self.heartbeat_ns = command.heartbeat_ms * 1_000_000
            self.reply(request_id, ok)
        elif self.pending > bounds.MAX_PENDING_REQUESTS:
            raise WireError("overloaded", "Too many requests of this session are unanswered.", bounds.RETRY_AFTER_MS)
        elif isinstance(command, Hello):
            raise WireError("bad_request", "This link has said hello before.")
        else:
            self._handlers[type(command)](self, request_id, command)

    def _misread(self, line: bytes, error: Exception) -> None:
        try:
            request_id = _decode_id(line).id
        except _UNREADABLE:
            self.close(CloseCode.BAD_FRAME, "The frame is not newline-separated requests.")
            return
        code = "bad_key" if str(error).endswith(".u`") else "bad_request"
        self._queue(wire.failure(request_id, WireError(code, str(error))))
        if self.state == "new":
            self.close(CloseCode.HELLO_EXPECTED, "The first command of a link is hello.")

    # --- out ------------------------------------------------------------------------------------------------------

    def reply(self, request_id: int, ok: Struct) -> None:
        """Answer a request."""
        self.reply_line(wire.reply(request_id, ok))

    def reply_line(self, line: bytes) -> None:
        """Answer a request with bytes that `wire` made."""
        self.pending -= 1
        if self.state != "closed":
            self._queue(line)

    def refuse(self, request_id: int, error: WireError) -> None:
        """Answer a request with an error."""
        self.reply_line(wire.failure(request_id, error))

    def push(self, line: bytes) -> None:
        """Queue a push of an open session; it is written at the next flush."""
        if not self._out:
            self._dirty.append(self)
        self._out.append(line)

    _queue = push

    def flush(self) -> None:
        """Write all that is queued: one frame, or several where the frame limit asks for it."""
        if not self._out:
            return
        frame = b"\n".join(self._out)
        if len(frame) <= limits.MAX_FRAME_BYTES:
            self._link.send(frame)
        else:
            self._send_split()
        self._out.clear()
        if self.paused and self.state != "closed":
            self._judge_backlog()

    def _send_split(self) -> None:
        chunk: list[bytes] = []
        size = 0
        for line in self._out:
            if chunk and size + len(line) > limits.MAX_FRAME_BYTES:
                self._link.send(b"\n".join(chunk))
                chunk, size = [], 0
            chunk.append(line)
            size += len(line) + 1
        self._link.send(b"\n".join(chunk))

    def close(self, code: int, reason: str) -> None:
        """Say why, close the link, forget the session."""
        if self.state == "closed":
            return
        self._queue(wire.push("bye", Bye(code, reason)))
        self._end()
        self.flush()
        self._link.close(code, reason)

    def drain(self, handlers: Mapping[type, Handler], notice: bytes) -> None:
        """The node is shutting down: tell an open session, and answer every later command by `handlers`."""
        self._handlers = handlers
        if self.state == "open":
            self._queue(notice)
            self.flush()

    def _end(self) -> None:
        self.state = "closed"
        self._when_writable.clear()
        self._door.left(self)

    # --- a link that does not keep up -----------------------------------------------------------------------------

    def writing_paused(self, now_ns: int) -> None:
        """The link's buffer passed `PAUSE_BYTES`: presence and receipts wait from now on."""
        if self.state == "open" and not self.paused:
            self.paused = True
            self._paused_ns = now_ns
            self.push(wire.push("limits", LimitsPush(presence="off", receipts="counts")))

    def writing_resumed(self) -> None:
        """The link's buffer fell below `RESUME_BYTES`: what was left out is announced or made up for."""
        if self.state != "open" or not self.paused:
            return
        self.paused = self.choked = False
        self.push(wire.push("limits", LimitsPush()))
        for follow in self.follows.values():
            follow.unchoke()
        self._door.writable(self)
        waiting, self._when_writable = self._when_writable, []
        for call in waiting:
            call()
        self.flush()

    def when_writable(self, call: Callable[[], None]) -> None:
        """Call once the link is no longer paused; never, where the session ends first."""
        self._when_writable.append(call)

    def _judge_backlog(self) -> None:
        backlog = self._link.buffered_bytes()
        if backlog > bounds.CLOSE_BYTES:
            self.close(CloseCode.SLOW_CONSUMER, "This link does not read what it is sent.")
        elif backlog > bounds.CHOKE_BYTES:
            self.choked = True


def _only_command(request: Request) -> Struct | None:
    """The one command that is set, or None where there are none or several."""
    values = msgspec.structs.astuple(request)
    if values.count(None) != len(values) - 2:
        return None
    for value in values[1:]:
        if value is not None:
            return value  # type: ignore[no-any-return]
    return None
