"""A gateway without sockets, disk or time: links that record, a host in memory, reads that are answered by hand."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import Cursor, Event, Marker, PresenceItem
from chatproof.protocol.keys import uuid7
from chatproof.reference_server.core.commands import (
    Answer,
    Appended,
    ChangeMembership,
    Command,
    Create,
    Mark,
    Marked,
    Refused,
    SendMessage,
)
from chatproof.reference_server.ports.host import Audience, FoldedBatch, FoldedEvent, FoldedMark, Page
from chatproof.reference_server.roles.gateway import bounds
from chatproof.reference_server.roles.gateway.gateway import Gateway, Identity
from chatproof.reference_server.roles.gateway.reads import PageRequest, Read
from chatproof.reference_server.roles.gateway.resume import Resume
from chatproof.reference_server.roles.gateway.session import Session
from chatproof.reference_server.roles.gateway.streams import MakeResume
from chatproof.reference_server.tokens import Grant, Tokens

SECOND = 1_000_000_000
SECRET = b"a secret of the bench, 32 bytes!"


class FakeClock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_ns = 1_000 * SECOND

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns


class FakeLink:
    """A `Connection` that keeps what was written."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.pings = 0
        self.backlog = 0

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)

    def ping(self) -> None:
        self.pings += 1

    def buffered_bytes(self) -> int:
        return self.backlog

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)


class FakeBoard:
    """A `PresenceBoard`: a user is online while a session of theirs shows."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, bool]] = {}
        self.spoken = 0
        self.changed: Callable[[str], None] = lambda user: None

    def show(self, user: str, device: str, session: str, *, visible: bool) -> None:
        self.sessions.setdefault(user, {})[session] = visible
        self.changed(user)

    def clear(self, user: str, device: str, session: str) -> None:
        self.sessions[user].pop(session, None)
        self.changed(user)

    def item(self, user: str) -> PresenceItem:
        self.spoken += 1
        online = any(self.sessions.get(user, {}).values())
        return PresenceItem(user, "online" if online else "offline", 1, self.spoken)

    def listen(self, changed: Callable[[str], None]) -> None:
        self.changed = changed

    def statistics(self) -> dict[str, float]:
        return {}


class FakeHost:
    """A `Host` whose log is a list: commands wait until `commit`."""

    def __init__(self) -> None:
        self.streams: dict[str, list[Event]] = {}
        self.seen_by: dict[str, list[tuple[str, ...]]] = {}
        self.of: dict[str, tuple[str, ...]] = {}
        self.registers: dict[tuple[str, str], Marker] = {}
        self.waiting: list[tuple[Command, Callable[[Answer], None]]] = []
        self.refuse: Refused | None = None
        self.ready = True
        self.audience: Audience

    # --- commands ---------------------------------------------------------------------------------------------------

    def attach(self, audience: Audience) -> None:
        self.audience = audience

    def submit(self, command: Command, done: Callable[[Answer], None]) -> None:
        if self.refuse is not None:
            done(Answer(self.refuse))
        else:
            self.waiting.append((command, done))

    def commit(self) -> None:
        """One group commit: everything that waits is folded, told, answered and flushed."""
        waiting, self.waiting = self.waiting, []
        self._events: list[FoldedEvent] = []
        self._marks: list[FoldedMark] = []
        answers = [(done, Answer(self._fold(command))) for command, done in waiting]
        self.audience.folded(FoldedBatch(self._events, self._marks))
        for done, answer in answers:
            done(answer)
        self.audience.flush()

    def group(self, conv: str, *members: str) -> None:
        """Make a group and tell nobody."""
        self.of[conv] = members
        self.append(conv, "create", members[0])

    def append(self, key: str, kind: Any, by: str, **fields: Any) -> FoldedEvent:
        """Add one event to a stream."""
        events = self.streams.setdefault(key, [])
        seq = len(events) + 1
        event = Event(key, 1, seq, 0, kind, by, **fields)
        audience = self.of[key]
        events.append(event)
        self.seen_by.setdefault(key, []).append(audience)
        return FoldedEvent(key, line_of(event), event, audience)

    def _fold(self, command: Command) -> Any:
        if isinstance(command, Mark):
            return self._mark(command)
        assert not isinstance(command, Create)
        if command.user not in self.of.get(command.conv, ()):
            return Refused("not_member")
        if isinstance(command, ChangeMembership):
            return self._change(command)
        return self._send(command)

    def _send(self, command: SendMessage) -> Appended:
        seq = len(self.streams[command.conv]) + 1
        folded = self.append(command.conv, "message", command.user, u=command.u, msg_id=seq, body=command.body)
        self._events.append(folded)
        return Appended(command.conv, 1, seq, 0)

    def _change(self, command: ChangeMembership) -> Appended:
        before = self.of[command.conv]
        after = tuple(one for one in before if one != command.target)
        after = (*after, command.target) if command.change == "join" else after
        self.of[command.conv] = after if command.change == "join" else before
        folded = self.append(command.conv, command.change, command.user, user=command.target)
        self.of[command.conv] = after
        self._events.append(folded)
        own, kind = f"me:{command.target}", "joined" if command.change == "join" else "left"
        self.of[own] = (command.target,)
        self._events.append(self.append(own, kind, command.user, user=command.target, conv=command.conv))
        return Appended(command.conv, 1, folded.event.seq, 0, command.target)

    def _mark(self, command: Mark) -> Marked:
        key = (command.conv, command.user)
        old = self.registers.get(key, Marker(command.user, 0, 0))
        new = Marker(command.user, max(old.delivered, command.delivered), max(old.read, command.read))
        self.registers[key] = new
        self._marks.append(FoldedMark(command.conv, new))
        return Marked(command.conv, new.delivered, new.read, command.advance_epoch or 1, command.advance_seq)

    # --- reads ------------------------------------------------------------------------------------------------------

    def head(self, key: str) -> Cursor | None:
        return Cursor(1, len(self.streams[key])) if key in self.streams else None

    def is_member(self, conv: str, user: str) -> bool:
        return user in self.of.get(conv, ())

    def members(self, conv: str) -> Sequence[str]:
        return self.of.get(conv, ())

    def conversations_of(self, user: str) -> Sequence[str]:
        return [conv for conv, members in self.of.items() if user in members]

    def shares_conversation(self, user: str, other: str) -> bool:
        return any(user in members and other in members for members in self.of.values())

    def kind(self, conv: str) -> str | None:
        return "group" if conv in self.of else None

    def markers(self, conv: str) -> Sequence[Marker]:
        return [self.marker_of(conv, user) for user in self.of[conv]]

    def marker_of(self, conv: str, user: str) -> Marker:
        return self.registers.get((conv, user), Marker(user, 0, 0))

    def last_visible(self, key: str, user: str) -> int:
        return max((n for n, audience in enumerate(self.seen_by.get(key, []), 1) if user in audience), default=0)

    def page(self, request: PageRequest) -> Page:
        """What a read gives at this moment."""
        events = self.streams.get(request.key, [])
        before = slice(0, min(request.after - 1, request.upto))
        span = events[before if request.backward else slice(request.after, request.upto)]
        visible = [event for event in span if request.user in self.seen_by[request.key][event.seq - 1]]
        kept = visible[-request.limit :] if request.backward else visible[: request.limit]
        complete = len(kept) == len(visible)
        if request.backward:
            covered = 1 if complete else kept[0].seq
            inside = [event.seq for event in span if event.seq >= covered]
        else:
            covered = max(request.after, request.upto) if complete else kept[-1].seq
            inside = [event.seq for event in span if event.seq <= covered]
        hidden = _ranges(sorted(set(inside) - {event.seq for event in kept}))
        head = self.head(request.key) or Cursor(1, 0)
        return Page([line_of(event) for event in kept], kept, hidden, covered, head, complete)

    async def read(
        self, key: str, user: str, *, after: int, upto: int | None, limit: int, backward: bool = False
    ) -> Page:
        assert upto is not None
        return self.page(PageRequest(key, user, after, upto, limit, backward))

    def as_of_ns(self) -> int:
        return 7

    def is_ready(self) -> bool:
        return self.ready

    def statistics(self) -> dict[str, float]:
        return {}


class FakeReader:
    """A `Reader` whose reads are made when asked for and answered when the test says so, or the other way round."""

    def __init__(self, host: FakeHost) -> None:
        self.host = host
        self.asked: list[tuple[PageRequest, Read, Page]] = []
        self.error: WireError | None = None

    def read(self, request: PageRequest, done: Read) -> None:
        if self.error is not None:
            raise self.error
        self.asked.append((request, done, self.host.page(request)))

    def answer(self) -> None:
        """Answer the oldest read with the page as it was when asked for."""
        _, done, page = self.asked.pop(0)
        done(page)

    def answer_all(self) -> None:
        """Answer reads until none is left."""
        while self.asked:
            self.answer()


class Client:
    """One device: its link, its session, and what it was sent, decoded."""

    def __init__(self, bench: "Bench", user: str, device: str) -> None:
        self.bench = bench
        self.user = user
        self.link = FakeLink()
        self.session: Session = bench.gateway.open(self.link)
        self.device = device
        self._next_id = 0

    def ask(self, **command: Any) -> int:
        """Send one request; returns its id."""
        self._next_id += 1
        self.raw(json.dumps({"id": self._next_id, **command}).encode())
        return self._next_id

    def raw(self, frame: bytes) -> None:
        """Send a frame."""
        self.session.receive(frame, self.bench.clock.now_ns)

    def hello(self, **fields: Any) -> int:
        """Say hello with a good token."""
        return self.ask(hello={"token": self.bench.token(self.user, self.device), **fields})

    def sent(self) -> list[dict[str, Any]]:
        """Everything sent so far, and forget it."""
        lines = [json.loads(line) for frame in self.link.frames for line in frame.split(b"\n")]
        self.link.frames.clear()
        return lines

    def seqs(self) -> list[int]:
        """Seqs of the events sent so far, gaps as negative pairs left out; forgets everything."""
        return [line["ev"]["seq"] for line in self.sent() if "ev" in line]


class Bench:
    """A gateway over fakes."""

    def __init__(self, *, resume: MakeResume = Resume, max_sessions: int = bounds.MAX_SESSIONS) -> None:
        self.clock = FakeClock()
        self.host = FakeHost()
        self.reader = FakeReader(self.host)
        self.board = FakeBoard()
        self.tokens = Tokens(SECRET)
        self.gateway = Gateway(
            host=self.host,
            reader=self.reader,
            board=self.board,
            tokens=self.tokens,
            identity=Identity("n1", 1),
            clock=self.clock,
            resume=resume,
            max_sessions=max_sessions,
        )
        self._keys = 0

    def token(self, user: str, device: str, ttl_s: int = 3600) -> str:
        """A token good for `ttl_s`."""
        return self.tokens.issue(Grant(user, device, self.clock.now_ns // SECOND + ttl_s))

    def client(self, user: str, device: str = "") -> Client:
        """A device with an open session; what hello answered is forgotten."""
        client = Client(self, user, device or f"{user}-1")
        client.hello()
        client.sent()
        return client

    def key(self) -> str:
        """A fresh idempotency key."""
        self._keys += 1
        return uuid7(self.clock.now_ns // 1_000_000, self._keys)

    def say(self, client: Client, conv: str, body: str = "hi") -> int:
        """Send a message and commit it; returns the request's id."""
        request_id = client.ask(send={"conv": conv, "u": self.key(), "body": body})
        self.host.commit()
        return request_id

    def pass_time(self, ns: int) -> None:
        """Let time pass, ticking as often as the real loop."""
        until_ns = self.clock.now_ns + ns
        while self.clock.now_ns < until_ns:
            self.clock.now_ns = min(until_ns, self.clock.now_ns + 50_000_000)
            self.gateway.tick()


def line_of(event: Event) -> bytes:
    """The push of an event."""
    return b'{"ev":%b}' % msgspec.json.encode(event)


def _ranges(seqs: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for seq in seqs:
        if ranges and ranges[-1][1] == seq - 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return ranges
