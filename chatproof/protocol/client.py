"""The client half of `chat.v1+json`, sans-I/O: events and instants in, facts and frames out.

    disconnected ──link_up──▶ greeting ──hello ok──▶ resuming ──every stream live or refused──▶ live
         ▲                                                                                       │
         └───────────────────────────── link_down, from any state ───────────────────────────────┘

Operations and reads are written only while live: a device that comes back first catches up, then says what it had
to say. No method blocks, reads a clock, draws a random number, or raises on what a server sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum

from msgspec import Struct

from chatproof.protocol import client_limits, codec
from chatproof.protocol.backoff import Backoff
from chatproof.protocol.errors import CloseCode, WireError
from chatproof.protocol.exchanges import ForLink, ForMarkers, ForRead, ForStream
from chatproof.protocol.facts import (
    Announced,
    Concluded,
    Fact,
    LinkUnusable,
    MarkersKnown,
    PageArrived,
    PresenceKnown,
    RepairAsked,
    Seen,
)
from chatproof.protocol.frames import (
    ME,
    Advance,
    Cursor,
    Event,
    FromServer,
    Hello,
    History,
    Ping,
    Presence,
    Receipt,
    Unsub,
)
from chatproof.protocol.frames import Limits as LimitsPush
from chatproof.protocol.heartbeat import Heartbeat
from chatproof.protocol.markers import Markers
from chatproof.protocol.outbox import Outbox
from chatproof.protocol.repairs import Repairs
from chatproof.protocol.replies import Replies
from chatproof.protocol.requests import Requests, Written
from chatproof.protocol.subscriptions import Subscription, Subscriptions
from chatproof.protocol.watch_list import WatchList

_PROTOCOL_ERROR = 1002
"""The close code of RFC 6455 for a peer that does not keep to the protocol."""
_NO_RECONNECT = 3500
"""Close codes from here on say that this token will not be let in again."""


class State(Enum):
    """Where the client is; see the module's docstring."""

    DISCONNECTED = "disconnected"
    GREETING = "greeting"
    RESUMING = "resuming"
    LIVE = "live"


class Client:
    """One device over its whole life, links coming and going. Facts are returned in the order in which they arose."""

    def __init__(self, *, token: str, seed: int) -> None:
        self._token = token
        self._state = State.DISCONNECTED
        self._closing = False
        self._outbox = Outbox(seed)
        self._markers = Markers()
        self._repairs = Repairs()
        self._requests = Requests()
        self._subscriptions = Subscriptions()
        self._replies = Replies(self._outbox, self._markers, self._repairs, self._subscriptions)
        self._reads: deque[tuple[int, History]] = deque()
        self._watch_list = WatchList()
        self._heartbeat = Heartbeat()
        self._backoff = Backoff(
            seed, floor_ns=client_limits.RECONNECT_FLOOR_NS, first_ns=client_limits.RECONNECT_FIRST_NS,
            cap_ns=client_limits.RECONNECT_CAP_NS,
        )
        self._reconnect_ns: int | None = 0
        self._frame = 0
        self._early: list[Fact] = []

    # --- the link -------------------------------------------------------------------------------------------------

    def link_up(self, now_ns: int) -> Sequence[Fact]:
        """The WebSocket is open: hello is queued."""
        self._state = State.GREETING
        self._closing = False
        self._reconnect_ns = None
        self._frame = 0
        self._heartbeat.begin(now_ns)
        self._requests.queue(Hello(self._token), ForLink(), client_limits.HELLO_TIMEOUT_NS)
        return self._take_early()

    def link_down(self, now_ns: int, code: int) -> Sequence[Fact]:
        """The WebSocket is gone, or could not be opened: open attempts are unknown, a reconnect is planned."""
        facts = self._take_early()
        for exchange in self._requests.link_lost():
            facts += self._replies.missing(exchange, "link_lost", now_ns)
        facts += self._subscriptions.link_lost()
        self._markers.link_lost()
        self._repairs.clear()
        self._state = State.DISCONNECTED
        self._closing = False
        self._reconnect_ns = None if code >= _NO_RECONNECT else now_ns + self._backoff.next_ns()
        if self._reconnect_ns is None:
            facts.append(Announced("bye", "", 0, 0, f"closed with {code}: this token is not let in again"))
        return facts

    def receive(self, frame: bytes, now_ns: int) -> Sequence[Fact]:
        """One WebSocket text frame came in."""
        facts = self._take_early()
        if self._state is State.DISCONNECTED:
            return facts
        self._heartbeat.heard_ns = now_ns
        self._frame += 1
        try:
            for item in codec.decode_frame(frame):
                if item.ev is not None:
                    self._event(item.ev, facts, now_ns)
                elif item.id:
                    self._reply(item, facts, now_ns)
                else:
                    self._push(item, facts, now_ns)
        except WireError as error:
            facts.append(self._unusable(_PROTOCOL_ERROR, str(error)))
        return facts

    def tick(self, now_ns: int) -> Sequence[Fact]:
        """Time passed."""
        facts = self._take_early()
        for entry in self._outbox.overdue(now_ns):
            if entry.open:
                facts += self._outbox.lost(entry.op, entry.attempts, "gave_up", now_ns, backs_off=False)
                self._requests.abandon(entry.op)
            facts.append(self._outbox.give_up(entry))
        if self._state is not State.DISCONNECTED and not self._closing:
            self._watch_link(facts, now_ns)
            if self._state is not State.GREETING:
                self._keep_up(facts, now_ns)
        return facts

    def outgoing(self, now_ns: int) -> Sequence[Written]:
        """What to write now, in order; nothing without a link."""
        if self._state is State.DISCONNECTED or self._closing:
            return ()
        if self._state is not State.LIVE:
            return self._requests.write(now_ns, None)
        while self._reads:
            read, history = self._reads.popleft()
            self._requests.queue(history, ForRead(read, history.conv), client_limits.REQUEST_TIMEOUT_NS)
        return self._requests.write(now_ns, self._outbox)

    # --- what the device wants ------------------------------------------------------------------------------------

    def follow(self, conversations: Sequence[str], watched: Sequence[str]) -> None:
        """Follow exactly these conversations and watch exactly these users, now and after each reconnect."""
        dropped = self._subscriptions.follow(conversations)
        change = self._watch_list.change(watched)
        if self._state in (State.RESUMING, State.LIVE):
            for stream in dropped:
                self._repairs.drop(stream)
                self._requests.queue(Unsub(stream), ForLink())
            self._subscribe(self._early, 0)
            self._watch(change)
            self._settle()

    def do(self, op: int, command: Struct, now_ns: int, give_up_ns: int) -> bool:
        """Queue an operation; False when the outbox is full. One that no frame can hold fails at once."""
        try:
            return self._outbox.add(op, command, now_ns, give_up_ns)
        except WireError as error:
            self._early.append(Concluded(op, "fail", error.code, "none", None))
            return True

    def mark(self, conv: str, delivered: int, read: int) -> None:
        """Raise the own markers; sent coalesced."""
        self._markers.mark(conv, delivered, read)

    def read(self, read: int, history: History) -> None:
        """Queue a history page; `read` is not negative. Above the bound it fails at once, with `too_many`."""
        if len(self._reads) < client_limits.QUEUED_READS:
            self._reads.append((read, history))
        else:
            self._early.append(PageArrived(read, history.conv, "fail", "too_many", None))

    # --- what the caller may ask ----------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Where the client is."""
        return self._state

    @property
    def reconnect_at_ns(self) -> int | None:
        """When to connect next; None while the link is up, and after a close code that forbids it."""
        return self._reconnect_ns

    @property
    def pending(self) -> int:
        """Operations queued or in flight."""
        return len(self._outbox)

    def position(self, stream: str) -> Cursor | None:
        """Up to where the stream is there without a hole; None before the first word of it."""
        each = self._subscriptions.get(stream)
        if each is None or each.timeline.epoch == 0:
            return None
        return Cursor(each.timeline.epoch, each.timeline.contiguous)

    # --- what comes in --------------------------------------------------------------------------------------------

    def _event(self, event: Event, facts: list[Fact], now_ns: int) -> None:
        """An event of a stream."""
        each = self._subscriptions.get(event.stream)
        if each is None:
            facts.append(Seen(event, 0, self._frame, "live", False))
            return
        timeline = each.timeline
        shown = timeline.sight(event.epoch, event.seq)
        facts.append(Seen(event, timeline.view, self._frame, each.via, shown))
        if timeline.contiguous < timeline.head:
            self._repairs.look_at(each, now_ns)
        if event.stream == ME:
            self._own_event(event, each, now_ns)

    def _own_event(self, event: Event, own: Subscription, now_ns: int) -> None:
        """An event of the own stream."""
        self._subscriptions.resume_again(own, now_ns + client_limits.REPAIR_GRACE_NS)
        if event.kind == "joined":
            self._subscriptions.joined(event.conv)

    def _reply(self, item: FromServer, facts: list[Fact], now_ns: int) -> None:
        """A reply to a request; one that nobody asked for is passed over."""
        answered = self._requests.answered(item.id)
        if answered is None:
            return
        exchange, was_open = answered
        if item.error is not None:
            facts += self._replies.refused(exchange, item.error, now_ns, was_open=was_open)
        else:
            reply = codec.decode_reply(exchange.command, item.ok)
            facts += self._replies.accepted(exchange, reply, self._frame, now_ns, was_open=was_open)
        if exchange.command == "hello":
            self._greeted(facts, item, now_ns)
        elif exchange.command == "sub":
            self._settle()
        elif exchange.command == "presence" and item.error is not None and isinstance(exchange.owner, ForLink):
            self._watch_list.refused(item.error.code, now_ns)

    def _push(self, item: FromServer, facts: list[Fact], now_ns: int) -> None:
        """A push other than an event; unknown ones are passed over, so that a server may add some."""
        if item.live is not None:
            facts += self._subscriptions.went_live(item.live)
            self._repairs.look_at(self._subscriptions.get(item.live.stream), now_ns)
            self._settle()
        elif item.receipt is not None:
            facts.append(MarkersKnown(item.receipt.conv, item.receipt.markers, "push"))
        elif item.presence is not None:
            facts.append(PresenceKnown(item.presence.users, "push"))
        elif item.heads is not None:
            facts += self._subscriptions.heads(item.heads.heads, "push")
            for head in item.heads.heads:
                self._repairs.look_at(self._subscriptions.get(head.stream), now_ns)
        else:
            self._announcement(item, facts, now_ns)

    def _announcement(self, item: FromServer, facts: list[Fact], now_ns: int) -> None:
        """The server says what it does not do, or is about to do."""
        if item.gap is not None:
            facts += self._subscriptions.gap(item.gap)
            self._repairs.look_at(self._subscriptions.get(item.gap.stream), now_ns)
        elif item.limits is not None:
            facts.append(Announced("limits", "", 0, 0, _level(item.limits)))
        elif item.drain is not None:
            facts.append(Announced("drain", "", 0, 0, f"within {item.drain.reconnect_within_ms} ms"))
            facts.append(self._unusable(CloseCode.DRAIN, "the node drains"))
        elif item.bye is not None:
            facts.append(Announced("bye", "", 0, 0, f"{item.bye.code}: {item.bye.reason}"))

    # --- states ---------------------------------------------------------------------------------------------------

    def _greeted(self, facts: list[Fact], item: FromServer, now_ns: int) -> None:
        """Hello was answered: ask for what the device follows, or give up this link."""
        if item.error is not None:
            facts.append(self._unusable(*_refusal(item.error.code)))
            return
        self._state = State.RESUMING
        self._heartbeat.begin(now_ns)
        self._watch(self._watch_list.whole())
        self._subscribe(facts, now_ns)

    def _settle(self) -> None:
        """Go live once nothing is missing any more."""
        if self._state is State.RESUMING and self._subscriptions.are_settled:
            self._state = State.LIVE
            self._backoff.reset()
            self._outbox.reopened(self._heartbeat.heard_ns)

    def _unusable(self, code: int, reason: str) -> LinkUnusable:
        """Nothing more is written on this link."""
        self._closing = True
        return LinkUnusable(code, reason)

    # --- time -----------------------------------------------------------------------------------------------------

    def _watch_link(self, facts: list[Fact], now_ns: int) -> None:
        """Notice requests without an answer, and silence."""
        for exchange in self._requests.expired(now_ns):
            facts += self._replies.missing(exchange, "timeout", now_ns)
            if not isinstance(exchange.owner, ForLink | ForStream):
                self._heartbeat.suspect(now_ns)
            elif not self._closing:
                facts.append(self._unusable(CloseCode.HEARTBEAT, f"{exchange.command} was not answered"))
        if self._heartbeat.is_silent(now_ns) and not self._closing:
            facts.append(self._unusable(CloseCode.HEARTBEAT, "nothing was heard"))

    def _keep_up(self, facts: list[Fact], now_ns: int) -> None:
        """Pings, subscriptions to ask for again, repairs, receipts."""
        if self._heartbeat.takes_ping(now_ns):
            self._requests.queue(Ping(), ForLink())
        if now_ns >= self._subscriptions.next_ask_ns:
            self._subscribe(facts, now_ns)
        self._watch(self._watch_list.due(now_ns))
        for page in self._repairs.due(now_ns):
            facts.append(RepairAsked(page.read, page.stream, page.after, page.limit))
            history = History(page.stream, Cursor(page.epoch, page.after), page.limit)
            self._requests.queue(history, ForRead(page.read, page.stream), client_limits.REQUEST_TIMEOUT_NS)
        if self._state is State.LIVE:
            self._say_markers(now_ns)

    def _say_markers(self, now_ns: int) -> None:
        """Write the receipts that are due, each with an advance where that is due too."""
        for conv, delivered, read in self._markers.due(now_ns):
            self._requests.queue(Receipt(conv, delivered, read), ForMarkers(conv), client_limits.REQUEST_TIMEOUT_NS)
            position = self.position(conv)
            if position is not None and self._markers.advances(conv, position.seq, now_ns):
                self._requests.queue(Advance(conv, position), ForLink())

    # --- small steps ----------------------------------------------------------------------------------------------

    def _subscribe(self, facts: list[Fact], now_ns: int) -> None:
        """Ask for the streams that are due."""
        for sub, reported in self._subscriptions.asks(now_ns):
            facts += reported
            self._requests.queue(sub, ForStream(sub.stream))

    def _watch(self, said: Presence | None) -> None:
        """Write what the watch list has to say."""
        if said is not None:
            self._requests.queue(said, ForLink())

    def _take_early(self) -> list[Fact]:
        """Facts that arose in calls which return none."""
        facts, self._early = self._early, []
        return facts


def _level(announced: LimitsPush) -> str:
    """A degradation level in words."""
    return f"presence {announced.presence}, receipts {announced.receipts}"


def _refusal(code: str) -> tuple[int, str]:
    """How to close a link whose hello was refused."""
    closes_for_good = code == "unauthorized"
    return (CloseCode.UNAUTHORIZED if closes_for_good else CloseCode.DRAIN), f"hello was refused: {code}"
