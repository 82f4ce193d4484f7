"""What each reply means: an owner of the exchange learns of ok, of an error, or that no reply will come."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from chatproof.protocol.errors import Retry
from chatproof.protocol.exchanges import Exchange, ForMarkers, ForOperation, ForRead, ForStream
from chatproof.protocol.facts import (
    Announced,
    Fact,
    HeadKnown,
    MarkersKnown,
    Opened,
    PageArrived,
    PresenceKnown,
    Seen,
)
from chatproof.protocol.frames import (
    ErrorBody,
    Event,
    HelloOk,
    HistoryOk,
    Marker,
    MembershipOk,
    Pong,
    PresenceOk,
    ReceiptOk,
    Send,
    SendOk,
    SubOk,
)
from chatproof.protocol.markers import Markers
from chatproof.protocol.outbox import Outbox, meaning_of
from chatproof.protocol.repairs import Repairs
from chatproof.protocol.subscriptions import Phase, Subscription, Subscriptions


class Replies:
    """Turns the end of an exchange into facts and into changes of the parts that asked."""

    def __init__(self, outbox: Outbox, markers: Markers, repairs: Repairs, subscriptions: Subscriptions) -> None:
        self._outbox = outbox
        self._markers = markers
        self._repairs = repairs
        self._subscriptions = subscriptions
        self._user = ""

    def accepted(self, exchange: Exchange, reply: Struct, frame: int, now_ns: int, *, was_open: bool) -> list[Fact]:
        """The reply is ok. Not `was_open`: it comes after it was given up."""
        owner = exchange.owner
        if isinstance(owner, ForOperation):
            return self._operation(owner, reply, frame, now_ns, was_open=was_open)
        if isinstance(owner, ForRead):
            return self._page(owner, reply, frame, now_ns) if was_open and isinstance(reply, HistoryOk) else []
        if isinstance(owner, ForMarkers):
            return self._marked(owner, reply)
        return self._session(reply, now_ns)

    def refused(self, exchange: Exchange, error: ErrorBody, now_ns: int, *, was_open: bool) -> list[Fact]:
        """The reply is an error; a late one changes nothing, since its request was tried again or given up."""
        owner = exchange.owner
        if not was_open:
            return []
        if isinstance(owner, ForOperation):
            wait_ns = (error.retry_after_ms or 0) * 1_000_000
            return self._outbox.refused(owner.op, owner.attempt, error.code, wait_ns, now_ns)
        if isinstance(owner, ForRead):
            is_definite = meaning_of(error.code).definite
            return self._read_ended(owner, "fail" if is_definite else "unknown", error.code, now_ns)
        if isinstance(owner, ForStream):
            return self._subscriptions.refused(owner.stream, error.code, now_ns)
        if isinstance(owner, ForMarkers):
            self._markers.failed(owner.conv, for_good=meaning_of(error.code).retry is Retry.NO)
        return []

    def missing(self, exchange: Exchange, code: str, now_ns: int) -> list[Fact]:
        """No reply will come in time: `timeout` or `link_lost`."""
        owner = exchange.owner
        if isinstance(owner, ForOperation):
            return self._outbox.lost(owner.op, owner.attempt, code, now_ns, backs_off=code == "timeout")
        if isinstance(owner, ForRead):
            return self._read_ended(owner, "unknown", code, now_ns)
        if isinstance(owner, ForMarkers):
            self._markers.failed(owner.conv, for_good=False)
        return []

    def _operation(
        self, owner: ForOperation, reply: Struct, frame: int, now_ns: int, *, was_open: bool
    ) -> list[Fact]:
        """An operation took effect."""
        if not isinstance(reply, SendOk | ReceiptOk | PresenceOk | MembershipOk):
            return []
        facts = self._outbox.accepted(owner.op, owner.attempt, reply, was_open=was_open)
        if isinstance(reply, SendOk) and isinstance(owner.command, Send):
            facts.append(self._own_message(owner.command, reply, frame, now_ns))
        elif isinstance(reply, PresenceOk) and reply.users:
            facts.append(PresenceKnown(reply.users, "snapshot"))
        return facts

    def _own_message(self, sent: Send, reply: SendOk, frame: int, now_ns: int) -> Seen:
        """An ack is a sighting: it shows the own message if that is the next one, else the echo will, in its place."""
        event = Event(
            reply.conv, reply.epoch, reply.seq, reply.ts, "message", self._user, sent.u, reply.msg_id, sent.body
        )
        each = self._subscriptions.get(reply.conv)
        if each is None:
            return Seen(event, 0, frame, "ack", False)
        timeline = each.timeline
        timeline.announce(reply.epoch, reply.seq)
        is_next = each.phase is Phase.LIVE and reply.seq == timeline.contiguous + 1
        shown = is_next and timeline.sight(reply.epoch, reply.seq)
        self._repairs.look_at(each, now_ns)
        return Seen(event, timeline.view, frame, "ack", shown)

    def _page(self, owner: ForRead, page: HistoryOk, frame: int, now_ns: int) -> list[Fact]:
        """A page of history: the caller's, or one that repairs a timeline."""
        facts: list[Fact] = [PageArrived(owner.read, owner.stream, "ok", "", page)]
        facts.append(HeadKnown(page.conv, page.head.epoch, page.head.seq, "read"))
        if page.markers:
            facts.append(MarkersKnown(page.conv, page.markers, "read"))
        each = self._subscriptions.get(page.conv)
        if each is not None:
            each.timeline.announce(page.head.epoch, page.head.seq)
            self._repairs.look_at(each, now_ns)
            if owner.read < 0:
                facts += _repaired(each, page, frame)
                self._repairs.answered(owner.stream, now_ns)
        return facts

    def _read_ended(self, owner: ForRead, outcome: Literal["fail", "unknown"], code: str, now_ns: int) -> list[Fact]:
        """A read brought nothing."""
        if owner.read < 0:
            self._repairs.answered(owner.stream, now_ns)
        return [PageArrived(owner.read, owner.stream, outcome, code, None)]

    def _marked(self, owner: ForMarkers, reply: Struct) -> list[Fact]:
        """A coalesced receipt took effect."""
        if not isinstance(reply, ReceiptOk):
            return []
        self._markers.acknowledged(owner.conv)
        own = Marker(self._user, reply.delivered, reply.read)
        return [MarkersKnown(reply.conv, (own,), "read")]

    def _session(self, reply: Struct, now_ns: int) -> list[Fact]:
        """Something about the session as a whole, or about a subscription."""
        if isinstance(reply, HelloOk):
            self._user = reply.user
            return [Opened(reply)]
        if isinstance(reply, SubOk):
            return self._subscriptions.accepted(reply)
        if isinstance(reply, PresenceOk):
            return [PresenceKnown(reply.users, "snapshot")]
        return self._heads(reply, now_ns) if isinstance(reply, Pong) else []

    def _heads(self, pong: Pong, now_ns: int) -> list[Fact]:
        """A pong shows how far streams have come."""
        facts = self._subscriptions.heads(pong.heads, "pong")
        for head in pong.heads:
            self._repairs.look_at(self._subscriptions.get(head.stream), now_ns)
        return facts


def _repaired(each: Subscription, page: HistoryOk, frame: int) -> list[Fact]:
    """Put a repair's page into the timeline."""
    timeline = each.timeline
    facts: list[Fact] = []
    for event in page.events:
        shown = timeline.sight(event.epoch, event.seq)
        facts.append(Seen(event, timeline.view, frame, "repair", shown))
    for gap in page.gaps:
        timeline.cover(gap.from_seq, gap.to_seq)
        facts.append(Announced("gap", gap.stream, gap.from_seq, gap.to_seq, gap.reason))
    return facts
