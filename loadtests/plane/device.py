"""One device of the load: a driver's session, the link it has now, and when it connects again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from picows import WSError, WSInvalidStatusError, ws_connect

from chatproof.drivers.http import DENIALS, Dial, HttpAnswer, HttpSession
from chatproof.drivers.interface import (
    Attempting,
    DeviceSpec,
    DriverError,
    MustClose,
    Observation,
    Operation,
    Ready,
    Session,
)
from chatproof.loadtests.errors import PlaneFailed
from chatproof.loadtests.ledger import Ledger
from chatproof.loadtests.plane.dialling import socket_factory
from chatproof.loadtests.plane.door import Door
from chatproof.loadtests.plane.link import Link
from chatproof.loadtests.receipts import Receipts
from chatproof.loadtests.recorder import Recorder, Transport
from chatproof.loadtests.truth import PresenceTruth
from chatproof.protocol.errors import CloseCode

HANDSHAKE_TIMEOUT_S = 5.0
"""A stalled link accepts a connection and says nothing; without a bound the device would hang on it."""
_MAX_SESSIONS = 1 << 12
"""Sessions of one device: a number of 31 bits holds both."""

Clock = Callable[[], int]
"""ns since the run's origin."""
Witness = Callable[["Device", Sequence[Observation], int], None]
"""Records observations and acts on them."""


class Device:
    """Owns its session and its link; every observation goes to the witness before anything else happens.

    Attributes:
        followed: the conversations that it subscribes to.
        behind: those of them that are not live on the current link yet.
        away_until_ns: no connect is tried before.
        stays_away: no connect is tried at all.
        trouble: why the last link did not come up, or how it ended, in a phrase; empty while there was none.
    """

    def __init__(
        self, spec: DeviceSpec, session: Session, door: Door, followed: Sequence[int], receipts: Receipts, *,
        recorder: Recorder, ledger: Ledger, truth: PresenceTruth, witness: Witness, clock: Clock,
    ) -> None:
        self.dev = spec.dev
        self.user = spec.user
        self.session = session
        self.followed = tuple(followed)
        self.behind = dict.fromkeys(self.followed)
        self.receipts = receipts
        self.link: Link | None = None
        self.away_until_ns = 0
        self.stays_away = False
        self.trouble = ""
        self._spec = spec
        self._door = door
        self._http = session if isinstance(session, HttpSession) else None
        self._recorder = recorder
        self._ledger = ledger
        self._truth = truth
        self._witness = witness
        self._clock = clock
        self._sessions = 0
        self._unplanned = 0

    @property
    def number(self) -> int:
        """The session id of the current link; of the last one while there is none."""
        return self.dev * _MAX_SESSIONS + self._sessions

    @property
    def is_live(self) -> bool:
        """Hello accepted, and every followed conversation live or refused."""
        return self.link is not None and self.link.hello_ok_ns is not None and not self.behind

    @property
    def hindrance(self) -> str:
        """Why it is not live, in a phrase."""
        if self.link is not None and self.link.hello_ok_ns is not None:
            return f"{len(self.behind)} of its conversations did not catch up"
        return self.trouble or "the target has not accepted its session"

    @property
    def is_connecting(self) -> bool:
        """There is a link, and the target has not accepted the session yet."""
        return self.link is not None and self.link.hello_ok_ns is None

    def new_number(self) -> int:
        """A number for an operation or read that the schedule does not know."""
        self._unplanned += 1
        return self._unplanned

    # --- the link ---------------------------------------------------------------------------------------------------

    def may_connect(self, now_ns: int) -> bool:
        """Whether a connect should be tried now."""
        if self.link is not None or self.stays_away or now_ns < self.away_until_ns:
            return False
        at_ns = self.session.reconnect_at_ns()
        return at_ns is not None and now_ns >= at_ns

    async def run_link(self) -> None:
        """Connect, and stay until the connection is gone. What the network does is recorded; our own errors raise.

        Raises `DriverError` where the target answers the handshake with a refusal of the credential.
        """
        previous = self.number if self._sessions else None
        self._sessions += 1
        if self._sessions >= _MAX_SESSIONS:
            raise PlaneFailed(f"device {self.dev} has connected {_MAX_SESSIONS} times")
        link = self.link = Link(self, self.number)
        self._recorder.connecting(link.number, self.dev, self._spec.link, previous, self._clock())
        status = await self._stay(link)
        if not link.was_up:
            self.link_down(link)
        if status in DENIALS:
            raise DriverError(f"The target does not accept the credential of user {self.user}: HTTP {status}.")

    async def _stay(self, link: Link) -> int:
        """Dial, and wait for the end; the HTTP status that refused the handshake, 0 where none did."""
        ws = self._door.endpoint.ws
        dial = Dial(ws) if self._http is None else self._http.dial(ws)
        try:
            transport, _ = await ws_connect(
                lambda: link, dial.url, websocket_handshake_timeout=HANDSHAKE_TIMEOUT_S, max_redirects=0,
                extra_headers=dict(dial.headers), ssl_context=self._door.tls, enable_auto_ping=dial.quiet_s > 0,
                auto_ping_idle_timeout=dial.quiet_s, auto_ping_reply_timeout=dial.quiet_s,
                socket_factory=socket_factory(self._door.endpoint),
            )
            await transport.wait_disconnected()
        except WSInvalidStatusError as refusal:
            status = int(refusal.response.status) if refusal.response else 0
            self.trouble = f"its handshake was refused: HTTP {status}"
            return status
        except (OSError, WSError) as problem:  # the row of the connection says that it ended
            self.trouble = f"it could not connect: {str(problem) or type(problem).__name__}"
        return 0

    def link_up(self) -> None:
        """The WebSocket is open: hello is written."""
        now_ns = self._clock()
        self.behind = dict.fromkeys(self.followed)
        self._truth.hello_begins(self.dev, self.user, now_ns)
        self._see(self.session.link_up(now_ns), now_ns)
        self.pump(now_ns)

    def frame_came(self, frame: bytes) -> None:
        """One text frame came in."""
        now_ns = self._clock()
        self._see(self.session.receive(frame, now_ns), now_ns)
        self.pump(now_ns)

    def link_down(self, link: Link) -> None:
        """The WebSocket is gone, or never came up."""
        now_ns = self._clock()
        self._see(self.session.link_down(now_ns, link.close_code, clean=link.peer_code is not None), now_ns)
        self._record_end(link, now_ns)
        self.link = None
        if not link.was_up:
            return
        if not link.close_kind:
            self.trouble = link.ending
        if link.ended_cleanly:
            self._truth.closed(self.dev, self.user, now_ns)
        else:
            cause = "half_open" if link.close_kind == "half_open" else "abort"
            self._truth.lost(self.dev, self.user, cause, returns=not self.stays_away, now_ns=now_ns)

    def opened(self, ready: Ready, now_ns: int) -> None:
        """The target accepted the session."""
        if self.link is not None:
            self.link.node, self.link.incarnation = ready.node or self._door.node, ready.incarnation
            self.link.hello_ok_ns = now_ns
            self._truth.hello_accepted(self.dev, self.user, now_ns)

    def close(self) -> None:
        """Begin a clean close."""
        if self.link is not None and self.link.is_up:
            now_ns = self._clock()
            self._truth.close_begins(self.dev, self.user, now_ns)
            self.link.close(now_ns)

    def abort(self) -> None:
        """End the link at once."""
        if self.link is not None:
            self.link.abort(self._clock(), "abort")

    def must_close(self, wish: MustClose) -> None:
        """The session gave its link up."""
        self.trouble = f"its link was given up: {wish.reason}"
        if self.link is not None:
            self.link.abort(self._clock(), "half_open" if wish.code == CloseCode.HEARTBEAT else "abort")

    def _record_end(self, link: Link, now_ns: int) -> None:
        for conv, answer in link.resumes.items():
            self._recorder.resume_ended(
                link.number, conv, frontier_seq=answer.frontier_seq if answer else None, upto_seq=None,
                outcome="refused" if answer and answer.outcome == "refused" else "aborted",
                reason=answer.reason if answer else "the link was lost", live_ns=None,
            )
        for conv, from_rec in link.subscriptions.items():
            self._recorder.unsubscribed(link.number, conv, from_rec, now_ns)
        self._recorder.connection_ended(
            link.number, node=link.node or None, incarnation=link.incarnation, hello_ok_ns=link.hello_ok_ns,
            close_invoke_ns=link.close_invoke_ns, close_by=link.close_by, close_code=link.close_code,
            close_kind=link.recorded_close_kind, now_ns=now_ns,
        )

    # --- the session ------------------------------------------------------------------------------------------------

    def start(
        self, operation: Operation, *, expect: str, intended_ns: int, give_up_ns: int, phase: str
    ) -> bool:
        """Begin an operation; False where the session's outbox is full, and then nothing is recorded."""
        now_ns = self._clock()
        if not self.session.do(operation, now_ns, give_up_ns):
            return False
        self._ledger.begin(
            operation, dev=self.dev, user=self.user, expect=expect, intended_ns=intended_ns, now_ns=now_ns, phase=phase
        )
        if operation.kind == "presence":
            self._truth.set_begins(self.dev, self.user, operation.op, now_ns)
        self.pump(now_ns)
        return True

    def ask_again(self, op: int, give_up_ns: int) -> bool:
        """Try an operation again that was begun before."""
        now_ns = self._clock()
        taken = self.session.do(self._ledger.operation(op), now_ns, give_up_ns)
        self.pump(now_ns)
        return taken

    def tick(self, now_ns: int) -> None:
        """Time passed."""
        self._see(self.session.tick(now_ns), now_ns)
        self.pump(now_ns)

    def pump(self, now_ns: int) -> None:
        """Write what the session wants to write: each attempt is recorded before its frame."""
        link = self.link
        if link is None or not link.is_up:
            return
        for frame, attempts in self.session.outgoing(now_ns):
            self._record_attempts(attempts, link, now_ns, "ws")
            link.write(frame)
        for request in () if self._http is None else self._http.requests():
            self._record_attempts(request.attempts, link, now_ns, "http")
            self._door.errands.send(self._spec.link, request, self._answered)

    def _answered(self, ref: int, answer: HttpAnswer) -> None:
        """An HTTP answer came, or will not come."""
        if self._http is not None:
            now_ns = self._clock()
            self._see(self._http.responded(ref, answer, now_ns), now_ns)
            self.pump(now_ns)

    def _record_attempts(self, attempts: Sequence[Attempting], link: Link, now_ns: int, transport: Transport) -> None:
        for op, attempt in attempts:
            self._ledger.attempting(op, attempt, link.number, link.node, now_ns, transport)

    def _see(self, observations: Sequence[Observation], now_ns: int) -> None:
        if observations:
            self._witness(self, observations, now_ns)
