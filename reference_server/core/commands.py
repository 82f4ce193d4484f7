"""What can be asked of a partition, and what its fold answers. Commands travel in log records; outcomes are remembered.

Users, devices and conversations are target ids (text). Every command names the stream it is decided in.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ConversationKind = Literal["direct", "group"]


class Create(Struct, frozen=True, tag="create"):
    """Make a conversation; `members[0]` is the owner (direct: the smaller id). Same id again: the first outcome."""

    conv: str
    user: str
    u: str
    kind: ConversationKind
    members: tuple[str, ...]
    open: bool = False
    """Whether anyone may join by themselves."""
    history_policy: Literal["all", "since_join"] = "since_join"


class SendMessage(Struct, frozen=True, tag="send"):
    """Append a message. Deduped by (conv, user, u)."""

    conv: str
    user: str
    device: str
    u: str
    body: str


class ChangeMembership(Struct, frozen=True, tag="member"):
    """Join, leave or kick: `user` acts, `target` is affected. Deduped by (conv, user, u)."""

    conv: str
    user: str
    target: str
    u: str
    change: Literal["join", "leave", "kick"]


class Mark(Struct, frozen=True, tag="mark"):
    """Raise max-registers: receipts of (user, conv) and the cursor of (user, device, conv). 0 leaves one as it is."""

    conv: str
    user: str
    device: str
    delivered: int = 0
    read: int = 0
    advance_epoch: int = 0
    advance_seq: int = 0


Command = Create | SendMessage | ChangeMembership | Mark


class Appended(Struct, frozen=True, tag="appended"):
    """An event took `seq`; a retry of its key gets this again with `duplicate` set by the host's answer."""

    conv: str
    epoch: int
    seq: int
    ts: int
    """Unix ms of the log, monotone per conversation; for display."""
    target: str = ""
    """Who was affected by a membership change."""


class Marked(Struct, frozen=True, tag="marked"):
    """The registers after the command."""

    conv: str
    delivered: int
    read: int
    epoch: int
    advance_seq: int


class Refused(Struct, frozen=True, tag="refused"):
    """The fold, or the host before the append, said no: a code of `protocol.errors.ERRORS`."""

    code: str
    reason: str = ""


Outcome = Appended | Marked | Refused


class Answer(Struct, frozen=True):
    """An outcome as the host hands it to who asked; `duplicate`: this key had been decided before."""

    outcome: Outcome
    duplicate: bool = False
