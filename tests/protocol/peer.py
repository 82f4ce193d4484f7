"""A client and the other end of its link, in virtual time: what the server says, and what the client wrote."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chatproof.protocol.client import Client
from chatproof.protocol.errors import ERRORS
from chatproof.protocol.facts import Fact
from chatproof.protocol.frames import (
    ME,
    Cursor,
    ErrorBody,
    Event,
    HelloOk,
    Live,
    PresenceOk,
    Request,
    Send,
    SendOk,
    SubOk,
)

MS = 1_000_000
S = 1_000_000_000
NEVER = 1 << 62


def key(op: int) -> str:
    """A UUIDv7 for an operation."""
    return f"0190aaaa-0000-7000-8000-{op:012x}"


def message(seq: int, *, conv: str = "c1", epoch: int = 1, body: str = "hi", by: str = "u2") -> Event:
    """A message event."""
    return Event(conv, epoch, seq, 1000 + seq, "message", by, key(seq), seq, body)


def push(name: str, body: msgspec.Struct) -> bytes:
    """One push."""
    return b'{"%b":%b}' % (name.encode(), msgspec.json.encode(body))


def ok(request: Request, reply: msgspec.Struct) -> bytes:
    """A good reply."""
    return b'{"id":%d,"ok":%b}' % (request.id, msgspec.json.encode(reply))


def error(request: Request, code: str, retry_after_ms: int | None = None) -> bytes:
    """An error of the table, or one that it does not have."""
    retry = ERRORS[code].retry.value if code in ERRORS else "same_key"
    body = ErrorBody(code, "because", retry, retry_after_ms)
    return b'{"id":%d,"error":%b}' % (request.id, msgspec.json.encode(body))


class Peer:
    """Facts of every call are kept in `facts`, attempts in `attempts`, requests since the last `take` in `requests`."""

    def __init__(self, *conversations: str, watched: Sequence[str] = ()) -> None:
        self.client = Client(token="token", seed=7)
        self.client.follow(conversations, watched)
        self.now = S
        self.facts: list[Fact] = []
        self.attempts: list[tuple[int, int]] = []
        self.requests: list[Request] = []

    # --- the link

    def up(self) -> None:
        """The link is there."""
        self._note(self.client.link_up(self.now))

    def down(self, code: int = 1006) -> list[Fact]:
        """The link is gone."""
        return self._note(self.client.link_down(self.now, code))

    def say(self, *lines: bytes) -> list[Fact]:
        """One frame from the server."""
        return self._note(self.client.receive(b"\n".join(lines), self.now))

    def wait(self, ns: int) -> list[Fact]:
        """Time passes, tick by tick of 50 ms."""
        facts: list[Fact] = []
        end = self.now + ns
        while self.now < end:
            self.now = min(self.now + 50 * MS, end)
            facts += self._note(self.client.tick(self.now))
        return facts

    def take(self, command: str = "") -> list[Request]:
        """The requests that the client wrote since the last take; only those of one command where one is named."""
        for written in self.client.outgoing(self.now):
            self.attempts += written.attempts
            self.requests += [msgspec.json.decode(line, type=Request) for line in written.frame.split(b"\n")]
        taken, self.requests = self.requests, []
        return [each for each in taken if not command or getattr(each, command) is not None]

    # --- a server that does what it should

    def greet(self) -> list[Request]:
        """Up, and hello answered: the requests that follow."""
        self.up()
        [hello] = self.take()
        self.say(ok(hello, HelloOk("s", "u1", "d1", "n1", 5, Cursor(1, 0))))
        return self.take()

    def go_live(self, **heads: int) -> None:
        """Greeted, every stream recovered up to its head (1 unless named) and live."""
        for request in self.greet():
            if request.sub is not None:
                stream = request.sub.stream
                head = Cursor(1, 0 if stream == ME else heads.get(stream, 1))
                self.say(ok(request, SubOk(stream, True, head)), push("live", Live(stream, head)))
            elif request.presence is not None:
                self.say(ok(request, PresenceOk(())))

    def send(self, op: int, *, give_up_ns: int = NEVER, body: str = "hi") -> bool:
        """The device sends a message."""
        return self.client.do(op, Send("c1", key(op), body), self.now, give_up_ns)

    def ack(self, request: Request, seq: int, *, duplicate: bool = False) -> list[Fact]:
        """The server accepts a send."""
        return self.say(ok(request, SendOk("c1", 1, seq, seq, 1000 + seq, duplicate)))

    def _note(self, facts: Sequence[Fact]) -> list[Fact]:
        self.facts += facts
        return list(facts)
