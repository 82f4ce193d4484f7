"""Delivered and read markers: to the host at once, which merges them, and to followers merged per tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct

from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import Advance, AdvanceOk, Cursor, Marker, Receipt, ReceiptOk, ReceiptPush
from chatproof.reference_server.core.commands import Answer, Mark, Marked
from chatproof.reference_server.ports.host import FoldedMark, Host
from chatproof.reference_server.roles.gateway import records, wire
from chatproof.reference_server.roles.gateway.access import conversation_id
from chatproof.reference_server.roles.gateway.follow import Subscriptions
from chatproof.reference_server.roles.gateway.markers import is_large, shown_markers
from chatproof.reference_server.roles.gateway.session import Session


class Receipts:
    """Handlers of receipt and advance, and what is pushed of their effects. `flush` is called every tick."""

    def __init__(self, host: Host, subscriptions: Subscriptions) -> None:
        self._host = host
        self._subscriptions = subscriptions
        self._rose: dict[str, dict[str, Marker]] = {}
        self._late: dict[Session, dict[str, None]] = {}

    def receipt(self, session: Session, request_id: int, receipt: Receipt) -> None:
        """Raise the caller's markers; what was read was delivered."""
        conv, delivered = conversation_id(receipt.conv), max(receipt.delivered, receipt.read)
        mark = Mark(conv, session.user, session.device, delivered, receipt.read)
        self._host.submit(mark, partial(_answer, session, request_id, _receipt_ok))

    def advance(self, session: Session, request_id: int, advance: Advance) -> None:
        """Raise the device's cursor."""
        cursor = advance.cursor
        mark = Mark(
            conversation_id(advance.conv), session.user, session.device, 0, 0, cursor.epoch, cursor.seq
        )
        self._host.submit(mark, partial(_answer, session, request_id, _advance_ok))

    def rose(self, marks: Sequence[FoldedMark]) -> None:
        """Registers rose in the fold: push them at the next tick."""
        for mark in marks:
            self._rose.setdefault(mark.conv, {})[mark.marker.user] = mark.marker

    def flush(self) -> None:
        """A tick: push what rose."""
        rose, self._rose = self._rose, {}
        for conv, markers in rose.items():
            self._push(conv, markers)

    def catch_up(self, session: Session) -> None:
        """The session reads again: push what it was spared meanwhile."""
        for conv in self._late.pop(session, {}):
            markers = shown_markers(self._host, conv, session.user)
            if markers:
                session.push(wire.push("receipt", ReceiptPush(conv, markers)))

    def forget(self, session: Session) -> None:
        """The session is over."""
        self._late.pop(session, None)

    def _push(self, conv: str, markers: dict[str, Marker]) -> None:
        line = wire.push("receipt", ReceiptPush(conv, tuple(markers.values())))
        large = is_large(self._host, conv)
        for follow in self._subscriptions.followers(conv):
            session = follow.session
            assert isinstance(session, Session), "followers are sessions"
            if not self._host.is_member(conv, session.user) or (large and session.user not in markers):
                continue
            if session.paused:
                self._late.setdefault(session, {})[conv] = None
            elif large:
                session.push(wire.push("receipt", ReceiptPush(conv, (markers[session.user],))))
            else:
                session.push(line)


def _receipt_ok(marked: Marked) -> ReceiptOk:
    return ReceiptOk(marked.conv, marked.delivered, marked.read)


def _advance_ok(marked: Marked) -> AdvanceOk:
    return AdvanceOk(marked.conv, Cursor(marked.epoch, marked.advance_seq))


def _answer(session: Session, request_id: int, ok: Callable[[Marked], Struct], answer: Answer) -> None:
    try:
        session.reply(request_id, ok(records.marked(answer)))
    except WireError as error:
        session.refuse(request_id, error)
