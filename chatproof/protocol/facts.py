"""What the client observed, in the protocol's own words; a driver turns them into those of the harness.

Streams, conversations and users are target ids. Operations and reads carry the ids that the caller gave them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from chatproof.protocol.frames import (
    Event,
    HelloOk,
    HistoryOk,
    Marker,
    MembershipOk,
    PresenceItem,
    PresenceOk,
    ReceiptOk,
    SendOk,
)

OperationReply = SendOk | ReceiptOk | PresenceOk | MembershipOk
"""What the server says of an operation that took effect."""


class Opened(NamedTuple):
    """The server accepted the session."""

    hello: HelloOk


class Replied(NamedTuple):
    """One attempt ended: `reply` for ok, else the code; `definite`: it certainly had no effect."""

    op: int
    attempt: int
    outcome: Literal["ok", "fail", "unknown"]
    code: str
    definite: bool
    reply: OperationReply | None


class Concluded(NamedTuple):
    """An operation ended. `code`: the last error, `gave_up` or `never_sent`; `by` says which attempt brought the ok."""

    op: int
    outcome: Literal["ok", "fail", "unknown"]
    code: str
    by: Literal["ack", "retry", "none"]
    reply: OperationReply | None


class Seen(NamedTuple):
    """An event came in; `shown` says whether the timeline showed it. `frame` counts the frames of this link from 1."""

    event: Event
    view: int
    frame: int
    via: Literal["live", "resume", "repair", "ack"]
    shown: bool


class ResumeAsked(NamedTuple):
    """A stream is asked for from a cursor, which is all that its timeline has without a hole."""

    stream: str
    epoch: int
    seq: int


class ResumeDecided(NamedTuple):
    """The server's word on a resume; `aborted`: the link went before the stream was live."""

    stream: str
    outcome: Literal["recovered", "refused", "aborted"]
    reason: str
    frontier: int


class WentLive(NamedTuple):
    """A stream's replay ended at `upto`; what follows is live."""

    stream: str
    upto: int


class HeadKnown(NamedTuple):
    """The server said where a stream ends."""

    stream: str
    epoch: int
    seq: int
    source: Literal["push", "pong", "resume", "read"]


class MarkersKnown(NamedTuple):
    """The server said where members' markers are."""

    conv: str
    markers: Sequence[Marker]
    source: Literal["push", "snapshot", "read"]


class PresenceKnown(NamedTuple):
    """The server said how users are."""

    users: Sequence[PresenceItem]
    source: Literal["push", "snapshot"]


class Announced(NamedTuple):
    """The server announced something; `stream` is empty unless it is about one."""

    kind: Literal["gap", "limits", "drain", "bye"]
    stream: str
    from_seq: int
    to_seq: int
    level: str


class PageArrived(NamedTuple):
    """A read ended; `page` for ok, else the code."""

    read: int
    stream: str
    outcome: Literal["ok", "fail", "unknown"]
    code: str
    page: HistoryOk | None


class RepairAsked(NamedTuple):
    """A hole is read by history: a read of the client's own, whose `read` is negative."""

    read: int
    stream: str
    after: int
    limit: int


class LinkUnusable(NamedTuple):
    """The caller should close the link with this code."""

    code: int
    reason: str


Fact = (
    Opened | Replied | Concluded | Seen | ResumeAsked | ResumeDecided | WentLive | HeadKnown | MarkersKnown
    | PresenceKnown | Announced | PageArrived | RepairAsked | LinkUnusable
)
