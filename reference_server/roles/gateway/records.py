"""From the wire's commands to the log's, and from outcomes back to replies; shared by WebSocket and HTTP."""

from __future__ import annotations

from typing import Literal

from chatproof.protocol import limits
from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import MembershipOk, Send, SendOk
from chatproof.protocol.keys import uuid7_time_ms
from chatproof.reference_server.core.commands import Answer, Appended, ChangeMembership, Marked, Refused, SendMessage
from chatproof.reference_server.roles.gateway.access import conversation_id


def send_record(user: str, device: str, send: Send) -> SendMessage:
    """The log command of a send. Raises `WireError`: bad_key, too_large, not_found."""
    body = send.body
    # Four bytes are the most that a character takes: only a long text must be encoded to know its size.
    if len(body) * 4 > limits.MAX_BODY_BYTES and len(body.encode()) > limits.MAX_BODY_BYTES:
        raise WireError("too_large", f"A body has at most {limits.MAX_BODY_BYTES} bytes.")
    return SendMessage(conversation_id(send.conv), user, device, checked_key(send.u), body)


def membership_record(
    user: str, conv: str, u: str, target: str, change: Literal["join", "leave", "kick"]
) -> ChangeMembership:
    """The log command of a join, leave or kick. Raises `WireError`: bad_key, not_found."""
    return ChangeMembership(conversation_id(conv), user, target, checked_key(u), change)


def checked_key(key: str) -> str:
    """The same key, if it is a UUIDv7. Raises `WireError` bad_key."""
    if uuid7_time_ms(key) is None:
        raise WireError("bad_key")
    return key


def appended(answer: Answer) -> Appended:
    """The event of an accepted command. Raises `WireError` with the code of a refusal."""
    outcome = answer.outcome
    if type(outcome) is Appended:
        return outcome
    raise refusal(answer)


def refusal(answer: Answer) -> WireError:
    """The error of a refused command."""
    outcome = answer.outcome
    assert isinstance(outcome, Refused), f"{type(outcome).__name__} is no answer to this command"
    return WireError(outcome.code, outcome.reason)


def marked(answer: Answer) -> Marked:
    """The registers after a mark. Raises `WireError` with the code of a refusal."""
    outcome = answer.outcome
    if isinstance(outcome, Marked):
        return outcome
    raise refusal(answer)


def send_ok(answer: Answer) -> SendOk:
    """The reply to a send. Raises `WireError` where it was refused."""
    event = appended(answer)
    return SendOk(event.conv, event.epoch, event.seq, event.seq, event.ts, answer.duplicate)


def membership_ok(answer: Answer) -> MembershipOk:
    """The reply to a join, leave or kick. Raises `WireError` where it was refused."""
    event = appended(answer)
    return MembershipOk(event.conv, event.epoch, event.seq, event.target, answer.duplicate)
