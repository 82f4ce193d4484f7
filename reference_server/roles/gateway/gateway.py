"""The gateway role: opens sessions, lets them in, ticks and drains them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from chatproof.protocol.errors import CloseCode, WireError
from chatproof.protocol.frames import (
    Advance,
    Drain,
    Hello,
    HelloOk,
    History,
    Join,
    Kick,
    Leave,
    Ping,
    Presence,
    Receipt,
    Send,
    Sub,
    Unsub,
)  # fmt: skip
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.connection import Connection
from chatproof.reference_server.ports.host import Host
from chatproof.reference_server.ports.presence import PresenceBoard
from chatproof.reference_server.roles.gateway import bounds, wire
from chatproof.reference_server.roles.gateway.access import own_head
from chatproof.reference_server.roles.gateway.fanout import FanOut
from chatproof.reference_server.roles.gateway.follow import Subscriptions
from chatproof.reference_server.roles.gateway.latency import AckTimes
from chatproof.reference_server.roles.gateway.messaging import Messaging
from chatproof.reference_server.roles.gateway.positions import Positions
from chatproof.reference_server.roles.gateway.reads import Reader
from chatproof.reference_server.roles.gateway.receipts import Receipts
from chatproof.reference_server.roles.gateway.resume import Resume
from chatproof.reference_server.roles.gateway.session import Handler, Session
from chatproof.reference_server.roles.gateway.streams import MakeResume, Streams
from chatproof.reference_server.roles.gateway.watching import Watching
from chatproof.reference_server.tokens import Tokens

MakeFanOut = Callable[[Subscriptions, Receipts, Watching, Positions, Host, list[Session]], FanOut]
MakeMessaging = Callable[[Host, Callable[[], int], Callable[[int], None]], Messaging]


class Identity(NamedTuple):
    """Which node this is, and which of its lives."""

    node: str
    incarnation: int


class Gateway:
    """Everything that the sessions of one node share. `run` must be running while links are open."""

    def __init__(
        self, *, host: Host, reader: Reader, board: PresenceBoard, tokens: Tokens, identity: Identity, clock: Clock,
        resume: MakeResume = Resume, fan_out: MakeFanOut = FanOut, messaging: MakeMessaging = Messaging,
        max_sessions: int = bounds.MAX_SESSIONS,
    ) -> None:  # fmt: skip
        self._host = host
        self._board = board
        self._tokens = tokens
        self._identity = identity
        self._clock = clock
        self._max_sessions = max_sessions
        self._sessions: dict[Session, None] = {}
        self._of_device: dict[tuple[str, str], Session] = {}
        self._opened = 0
        self._draining = False
        self._next_session_tick_ns = clock.monotonic_ns()
        self._dirty: list[Session] = []
        self.ack_times = AckTimes()
        self._subscriptions = Subscriptions()
        self._positions = Positions(clock.monotonic_ns)
        self._receipts = Receipts(host, self._subscriptions)
        self._watching = Watching(board, host)
        self._streams = Streams(host, self._subscriptions, reader, self._positions, resume)
        self._fan_out = fan_out(
            self._subscriptions, self._receipts, self._watching, self._positions, host, self._dirty
        )
        self._handlers = self._handler_table(messaging(host, clock.monotonic_ns, self.ack_times.add))
        host.attach(self._fan_out)

    def _handler_table(self, messaging: Messaging) -> Mapping[type, Handler]:
        return {
            Sub: self._streams.sub, Unsub: self._streams.unsub, History: self._streams.history,
            Ping: self._streams.ping, Send: messaging.send, Join: messaging.join, Leave: messaging.leave,
            Kick: messaging.kick, Receipt: self._receipts.receipt, Advance: self._receipts.advance,
            Presence: self._watching.presence,
        }  # fmt: skip

    # --- links ----------------------------------------------------------------------------------------------------

    def has_room(self) -> bool:
        """Whether another link may be accepted."""
        return len(self._sessions) < self._max_sessions

    def open(self, link: Connection) -> Session:
        """A session for a new link."""
        handlers = _REFUSE_ALL if self._draining else self._handlers
        session = Session(link, self, handlers, self._dirty, self._clock.monotonic_ns())
        self._sessions[session] = None
        return session

    def admit(self, session: Session, hello: Hello) -> HelloOk:
        """See `Door`."""
        if self._draining:
            raise WireError("draining")
        grant = self._tokens.verify(hello.token, self._clock.wall_ns() // 1_000_000_000)
        self._opened += 1
        session.id = f"{self._identity.node}-{self._identity.incarnation:x}-{self._opened}"
        session.user, session.device = grant.user, grant.device
        session.expires_ns = grant.expires_s * 1_000_000_000
        self._board.show(grant.user, grant.device, session.id, visible=True)
        self._replace(session)
        return HelloOk(
            session.id, grant.user, grant.device, self._identity.node, self._identity.incarnation,
            own_head(self._host, grant.user), hello.heartbeat_ms,
        )  # fmt: skip

    def _replace(self, session: Session) -> None:
        # The device reconnected: its older link is half-open, or it would have closed it.
        device = (session.user, session.device)
        older = self._of_device.get(device)
        self._of_device[device] = session
        if older is not None:
            older.close(CloseCode.REPLACED, "The device opened another session.")

    def left(self, session: Session) -> None:
        """See `Door`."""
        del self._sessions[session]
        if not session.id:
            return
        self._streams.forget(session)
        self._watching.forget(session)
        self._receipts.forget(session)
        self._board.clear(session.user, session.device, session.id)
        if self._of_device.get((session.user, session.device)) is session:
            del self._of_device[session.user, session.device]

    def writable(self, session: Session) -> None:
        """See `Door`."""
        self._receipts.catch_up(session)
        self._streams.push_heads(session, self._clock.monotonic_ns())

    # --- time -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            await asyncio.sleep(bounds.TICK_NS / 1e9)
            self.tick()

    def tick(self) -> None:
        """Merge and push what waits for a tick; look after silent and slow sessions."""
        now_ns = self._clock.monotonic_ns()
        self._positions.expire(now_ns)
        self._receipts.flush()
        self._watching.flush()
        late_ns = now_ns - self._next_session_tick_ns
        if late_ns >= 0:
            self._next_session_tick_ns = now_ns + bounds.SESSION_TICK_NS
            if late_ns > bounds.STALL_NS:
                self._excuse_sessions(late_ns, now_ns)
            self._tick_sessions(now_ns)
        self._fan_out.flush()

    def _excuse_sessions(self, late_ns: int, now_ns: int) -> None:
        """The node stood still, and what came in meanwhile is not read yet: that nothing was heard is its own doing."""
        for session in self._sessions:
            session.excuse(late_ns, now_ns)

    def _tick_sessions(self, now_ns: int) -> None:
        wall_ns = self._clock.wall_ns()
        for session in tuple(self._sessions):
            session.tick(now_ns, wall_ns)
            if session.state == "open" and now_ns - session.heads_ns > bounds.HEADS_PUSH_NS:
                self._streams.push_heads(session, now_ns)

    # --- the end --------------------------------------------------------------------------------------------------

    async def drain(self) -> None:
        """Refuse new commands, wait a bounded time for pending answers, close every session with `DRAIN`."""
        self._draining = True
        for session in tuple(self._sessions):
            session.drain(_REFUSE_ALL, wire.push("drain", Drain(bounds.DRAIN_NS // 1_000_000)))
        deadline_ns = self._clock.monotonic_ns() + bounds.DRAIN_NS
        while self.pending() and self._clock.monotonic_ns() < deadline_ns:
            await asyncio.sleep(bounds.TICK_NS / 1e9)
        for session in tuple(self._sessions):
            session.close(CloseCode.DRAIN, "This node is shutting down.")

    def pending(self) -> int:
        """Requests without a reply, over all sessions."""
        return sum(session.pending for session in self._sessions)

    def statistics(self) -> Mapping[str, float]:
        """Gauges and counts of this role."""
        return {
            "sessions": len(self._sessions), "pending_requests": self.pending(), "streams": len(self._subscriptions),
            "pushed_events_total": self._fan_out.pushed,
            "resumes_recovered_total": self._streams.recovered, "resumes_refused_total": self._streams.refused,
            "sessions_opened_total": self._opened, "paused_sessions": sum(one.paused for one in self._sessions),
        }  # fmt: skip


def _refuse(_session: Session, _request_id: int, _command: object) -> None:
    raise WireError("draining")


_REFUSE_ALL: Mapping[type, Handler] = dict.fromkeys(
    (Sub, Unsub, History, Ping, Send, Join, Leave, Kick, Receipt, Advance, Presence), _refuse
)
"""The handlers of a draining node."""
