"""Durable commands of a session: send, join, leave, kick. Acknowledged when the host says so, never before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec import Struct

from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import Join, Kick, Leave, Send
from chatproof.reference_server.core.commands import Answer, Appended
from chatproof.reference_server.ports.host import Host
from chatproof.reference_server.roles.gateway import records
from chatproof.reference_server.roles.gateway.session import Session


class Messaging:
    """Handlers of the durable commands.

    Args:
        host: decides.
        now_ns: the monotonic clock, for the time from command to answer.
        acked: called with that time in ns for each acknowledged send.
    """

    def __init__(self, host: Host, now_ns: Callable[[], int], acked: Callable[[int], None]) -> None:
        self._host = host
        self._now_ns = now_ns
        self._acked = acked

    def send(self, session: Session, request_id: int, send: Send) -> None:
        """Append a message."""
        record = records.send_record(session.user, session.device, send)
        self._host.submit(record, partial(self._sent, session, request_id, self._now_ns()))

    def join(self, session: Session, request_id: int, join: Join) -> None:
        """Add the caller or another user."""
        target = join.user or session.user
        record = records.membership_record(session.user, join.conv, join.u, target, "join")
        self._host.submit(record, partial(_answer, session, request_id, records.membership_ok))

    def leave(self, session: Session, request_id: int, leave: Leave) -> None:
        """Remove the caller."""
        record = records.membership_record(session.user, leave.conv, leave.u, session.user, "leave")
        self._host.submit(record, partial(_answer, session, request_id, records.membership_ok))

    def kick(self, session: Session, request_id: int, kick: Kick) -> None:
        """Remove another member."""
        record = records.membership_record(session.user, kick.conv, kick.u, kick.user, "kick")
        self._host.submit(record, partial(_answer, session, request_id, records.membership_ok))

    def _sent(self, session: Session, request_id: int, begun_ns: int, answer: Answer) -> None:
        _answer(session, request_id, records.send_ok, answer)
        if type(answer.outcome) is Appended:
            self._acked(self._now_ns() - begun_ns)


def _answer(session: Session, request_id: int, ok: Callable[[Answer], Struct], answer: Answer) -> None:
    try:
        session.reply(request_id, ok(answer))
    except WireError as error:
        session.refuse(request_id, error)
