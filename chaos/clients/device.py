"""A device over its whole life: it connects, resumes what it follows, comes back when its link is lost, and records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import NamedTuple

import trio

from chatproof.chaos.clients import wire
from chatproof.chaos.clients.errors import LinkLost, NotTheWire
from chatproof.chaos.clients.recording import Recording, Row
from chatproof.chaos.clients.session import Session
from chatproof.chaos.clients.socket import Direction, Socket
from chatproof.chaos.clients.streams import Streams
from chatproof.chaos.clients.wire import Notice, Reply, Said, Subjects

CONNECT_S = 2.0
"""Longest time for a connection: on loopback it takes milliseconds, through a broken link for ever."""

PATIENCE = 2
"""The server is to notice first that a link went silent: it is the server that is looked at."""

GOODBYE_S = 2.0
"""How long the answer to a close frame may take."""

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
"""Between attempts to connect; doubled each time, and drawn from the upper half, so that a crowd spreads."""


class Identity(NamedTuple):
    """Who a device is. Indexes are ours; `users` and `conversations` are the target's names of them."""

    dev: int
    user: int
    link: str
    url: str
    token: str
    users: Mapping[int, str]
    conversations: Mapping[int, str]


class Device:
    """One device. `live` is its life, to be run in a nursery; the other methods say what it is to do.

    Attributes:
        heartbeat_s: the server takes a link that is silent for longer for dead, the device after `PATIENCE` times that.
        watch: the users whose presence it asks for in every session.
    """

    def __init__(
        self, identity: Identity, recording: Recording, seed: int, *, heartbeat_s: float = 15.0,
        watch: Sequence[int] = (),
    ) -> None:
        self.identity = identity
        self.heartbeat_s = heartbeat_s
        self.watch = tuple(watch)
        self.recording = recording
        self.streams = Streams(identity.dev, identity.conversations, recording)
        self._draw = Random(f"device {identity.dev} {seed}")
        self._users = {name: user for user, name in identity.users.items()}
        self._session: Session | None = None
        self._opened: Session | None = None
        self._before: int | None = None
        self._wanted = False
        self._pause_s = FIRST_PAUSE_S
        self._changed = trio.Event()

    @property
    def dev(self) -> int:
        """Its index."""
        return self.identity.dev

    @property
    def link(self) -> str:
        """The network link that it uses."""
        return self.identity.link

    @property
    def session(self) -> Session | None:
        """The session that the server accepted and that is not over; None without one."""
        return self._opened

    # --- what it is to do -------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Connect whenever that is wanted and there is no connection; runs until cancelled."""
        while True:
            await self.until(lambda: self._wanted)
            await self._connection()
            if self._wanted:
                await trio.sleep(self._pause_s * self._draw.uniform(0.5, 1.0))
                self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    async def connect(self) -> None:
        """Be online from now on; returns when everything that it follows is live."""
        self._wanted = True
        self.changed()
        await self.until(self.is_live)

    async def disconnect(self) -> None:
        """Say goodbye and stay away."""
        self._wanted = False
        if session := self._session:
            await session.leave(GOODBYE_S)
        await self.until(lambda: self._session is None)

    async def drop(self) -> None:
        """Cut the connection without a word; the device comes back by itself."""
        if session := self._session:
            await session.cut(LinkLost("the client cut it", "client", "abort"))

    def is_live(self) -> bool:
        """Whether it has a session in which every stream is live."""
        return self._opened is not None and self.streams.all_live()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that happens to this device makes this true."""
        while not condition():
            await self._changed.wait()

    def changed(self) -> None:
        """Let everybody who waits look again."""
        self._changed.set()
        self._changed = trio.Event()

    # --- one connection ---------------------------------------------------------------------------------------------

    async def _connection(self) -> None:
        """One connection from its first byte to its end, recorded."""
        number = self.recording.next_session()
        row = self.recording.add(
            "connections", self.dev, session=number, dev=self.dev, link=self.link,
            connect_ns=self.recording.elapsed_ns(), prev_session=self._before,
            resume_token_dev=None if self._before is None else self.dev,
        )
        try:
            socket = await Socket.connect(self.identity.url, CONNECT_S, self._listener(number))
        except LinkLost as lost:
            self._close(row, lost)
            return
        session = self._session = Session(number, socket, self._hear)
        try:
            if self._wanted:  # It may have been told to stay away while it was connecting.
                await self._use(session, row)
        finally:
            with trio.CancelScope(shield=True):
                await session.cut(LinkLost("the test is over", "client", "abort"))
            self._ended(session, row)

    async def _use(self, session: Session, row: Row) -> None:
        """Read, greet and keep the link alive, until it is over."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._greet, session, row)
            nursery.start_soon(self._beat, session)
            try:
                await session.read()
            except NotTheWire as error:
                await session.cut(LinkLost(str(error), "client", "abort"))
            nursery.cancel_scope.cancel()

    async def _greet(self, session: Session, row: Row) -> None:
        """Say hello, then ask for everything that is followed."""
        hello = {"token": self.identity.token, "heartbeat_ms": round(self.heartbeat_s * 1000)}
        await session.ask("hello", hello, lambda reply: self._welcome(session, row, reply))
        if self._opened is not session:
            await session.cut(LinkLost("the hello was refused", "server", "abort"))
            return
        async with trio.open_nursery() as nursery:
            for conv in self.identity.conversations:
                nursery.start_soon(self.streams.follow, session, conv)
            if self.watch:
                watched = {"watch": [self.identity.users[user] for user in self.watch]}
                nursery.start_soon(session.ask, "presence", watched, lambda reply: self._snapshot(session, reply))

    def _welcome(self, session: Session, row: Row, reply: Reply) -> None:
        """The server's answer to the hello."""
        if reply.refused:
            return
        session.node = str(reply.ok["node"])
        row |= {
            "hello_ok_ns": self.recording.elapsed_ns(), "node": session.node, "incarnation": reply.ok["incarnation"],
        }
        self._opened, self._before, self._pause_s = session, session.number, FIRST_PAUSE_S
        self.changed()

    async def _beat(self, session: Session) -> None:
        """Ping while the link is used; cut it when nothing was heard for too long."""
        every_s = self.heartbeat_s / 3
        async with trio.open_nursery() as nursery:
            while True:
                await trio.sleep(every_s)
                if trio.current_time() - session.heard_at > PATIENCE * self.heartbeat_s:
                    await session.cut(LinkLost("nothing was heard for two heartbeats", "link", "half_open"))
                    return
                if self._opened is session:
                    nursery.start_soon(session.ask, "ping", {}, lambda reply: self._pong(session, reply))

    def _pong(self, session: Session, reply: Reply) -> None:
        if reply.ok:
            self.streams.heads(session, wire.heads_of(reply.ok), "pong")

    def _ended(self, session: Session, row: Row) -> None:
        """The connection is over."""
        self._session = self._opened = None
        self.streams.lost()
        assert session.end is not None, "a session that was cut has a reason"
        self._close(row, session.end)
        self.changed()

    def _close(self, row: Row, lost: LinkLost) -> None:
        """Record how a connection ended: one that was no longer wanted, by the client, whatever came then."""
        now_ns, by = self.recording.elapsed_ns(), lost.by if self._wanted else "client"
        if lost.code is not None and lost.code >= wire.NO_RETRY_CLOSE_CODE:
            self._wanted = False
        row |= {"close_ns": now_ns, "close_by": by, "close_kind": lost.how, "close_code": lost.code}
        if by == "client":
            row.setdefault("close_invoke_ns", now_ns)

    def _listener(self, session: int) -> Callable[[Direction, bytes], None]:
        return lambda direction, data: self.recording.frame(self.dev, session, direction, data)

    # --- what it hears ----------------------------------------------------------------------------------------------

    def _hear(self, session: Session, said: Said) -> None:
        """A push."""
        if isinstance(said, Subjects):
            self._presence(session, said, "push")
        elif isinstance(said, Notice):
            self.recording.add(
                "notices", self.dev, t_ns=self.recording.elapsed_ns(), session=session.number, kind=said.kind,
                level=said.level or None,
            )
        else:
            self.streams.hear(session, said)
        self.changed()

    def _snapshot(self, session: Session, reply: Reply) -> None:
        if reply.ok:
            self._presence(session, wire.subjects_of(reply.ok), "snapshot")
        self.changed()

    def _presence(self, session: Session, said: Subjects, source: str) -> None:
        now_ns = self.recording.elapsed_ns()
        for user, state, incarnation, ver in said.users:
            if user in self._users:
                self.recording.add(
                    "presence_seen", self.dev, t_ns=now_ns, dev=self.dev, session=session.number,
                    subject=self._users[user], state=state, incarnation=incarnation, ver=ver, source=source,
                )
