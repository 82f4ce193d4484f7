"""A server of one conversation with a perfect log and a faulty way to its client, in virtual time.

Its log dedupes, its resume and history are complete. Pushes may be lost, repeated or exchanged, replies may be
errors or stay out, and everything under way is lost with the link.
"""

from __future__ import annotations

import msgspec

from chatproof.protocol.frames import (
    ME,
    Cursor,
    Empty,
    Event,
    Head,
    HelloOk,
    History,
    HistoryOk,
    Live,
    Pong,
    Request,
    Send,
    SendOk,
    Sub,
    SubOk,
)
from tests.protocol.peer import error, ok, push

CONV = "c1"


class TinyServer:
    """`log` is the truth; `outbound` holds frames on their way to the client. Knobs decide the fate of what follows."""

    def __init__(self) -> None:
        self.log: list[Event] = []
        self.outbound: list[bytes] = []
        self._keys: dict[str, int] = {}
        self._follows: set[str] = set()
        self.refuse_next = 0
        self.mute_next = 0
        self.lose_next = 0

    @property
    def head(self) -> Cursor:
        """Where the conversation ends."""
        return Cursor(1, len(self.log))

    def link_lost(self) -> None:
        """What was under way is gone, and so is the session."""
        self.outbound.clear()
        self._follows.clear()

    def append(self, u: str, by: str, body: str) -> tuple[int, bool]:
        """Add a message once per key; it is pushed if the client follows."""
        if u in self._keys:
            return self._keys[u], True
        seq = self._keys[u] = len(self.log) + 1
        self.log.append(Event(CONV, 1, seq, 1000 + seq, "message", by, u, seq, body))
        if self.lose_next:
            self.lose_next -= 1
        elif CONV in self._follows:
            self.outbound.append(push("ev", self.log[-1]))
        return seq, False

    def repeat(self) -> None:
        """The last push comes twice."""
        self.outbound += self.outbound[-1:]

    def exchange(self) -> None:
        """The last two events that are under way change places; replies and `live` stay where they are."""
        if len(self.outbound) > 1 and all(frame.startswith(b'{"ev"') for frame in self.outbound[-2:]):
            self.outbound[-2:] = self.outbound[:-3:-1]

    def receive(self, frame: bytes) -> None:
        """A frame of the client."""
        for line in frame.split(b"\n"):
            request = msgspec.json.decode(line, type=Request)
            if request.send is not None:
                self._send(request, request.send)
            else:
                self.outbound += self._answers(request)

    def _send(self, request: Request, send: Send) -> None:
        if self.refuse_next:
            self.refuse_next -= 1
            self.outbound.append(error(request, "overloaded", 100))
            return
        seq, duplicate = self.append(send.u, "u1", send.body)
        if self.mute_next:
            self.mute_next -= 1
        else:
            self.outbound.append(ok(request, SendOk(CONV, 1, seq, seq, 1000 + seq, duplicate)))

    def _answers(self, request: Request) -> list[bytes]:
        if request.hello is not None:
            return [ok(request, HelloOk("s", "u1", "d1", "n1", 5, Cursor(1, 0)))]
        if request.sub is not None:
            return self._subscribe(request, request.sub)
        if request.history is not None:
            return [ok(request, self._page(request.history))]
        if request.ping is not None:
            return [ok(request, Pong((Head(CONV, 1, self.head.seq),), 0))]
        return [ok(request, Empty())]

    def _subscribe(self, request: Request, sub: Sub) -> list[bytes]:
        self._follows.add(sub.stream)
        head = Cursor(1, 0) if sub.stream == ME else self.head
        after = sub.cursor.seq if sub.cursor is not None else head.seq
        replay = [] if sub.stream == ME else [push("ev", event) for event in self.log[after:]]
        return [ok(request, SubOk(sub.stream, True, head)), *replay, push("live", Live(sub.stream, head))]

    def _page(self, history: History) -> HistoryOk:
        after = history.cursor.seq if history.cursor is not None else 0
        events = tuple(self.log[after : after + history.limit])
        upto = Cursor(1, after + len(events))
        return HistoryOk(CONV, events, upto, self.head, upto == self.head)
