"""Bodies of the HTTP face as msgspec Structs: decoded with, answered with, and the source of the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from chatproof.protocol import limits
from chatproof.protocol.frames import Event, Gap, Id, Marker

Key = Annotated[str, Meta(max_length=64, description="A UUIDv7: the idempotency key.")]
CursorText = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,8}:[0-9]{1,10}$", description="`epoch:seq`.")]


class NewMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """A message to send. Without a key the call is at-least-once: the server makes one that a retry does not know."""

    conv_id: Id
    body: str
    client_msg_id: Key | None = None


class SentMessage(Struct, frozen=True):
    """The message is durable. `duplicate`: this key had been decided before."""

    conv_id: str
    msg_id: int
    epoch: int
    seq: int
    ts: int
    client_msg_id: str
    duplicate: bool


class NewReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything up to `msg_id` was delivered to, or read by, the caller."""

    conv_id: Id
    msg_id: Annotated[int, Meta(ge=1, le=limits.MAX_SEQ)]
    type: Literal["delivered", "read"]


class Markers(Struct, frozen=True):
    """The caller's markers after the call."""

    conv_id: str
    delivered: int
    read: int


class NewConversation(Struct, frozen=True, forbid_unknown_fields=True):
    """A conversation to make; the caller is its owner and needs not be named in `members`.

    A direct one has one other member, and its id follows from the pair; a group's id may be chosen.
    """

    kind: Literal["direct", "group"]
    members: Annotated[tuple[Id, ...], Meta(max_length=limits.MAX_MEMBERS)]
    conv_id: Id | None = None
    open: bool = False
    history_policy: Literal["all", "since_join"] = "since_join"
    client_msg_id: Key | None = None


class MadeConversation(Struct, frozen=True):
    """The conversation exists. `duplicate`: it did before, with the same definition."""

    conv_id: str
    epoch: int
    seq: int
    duplicate: bool


class ConversationSummary(Struct, frozen=True):
    """A conversation of the caller. `head` is a cursor in text form."""

    conv_id: str
    kind: str
    members: tuple[str, ...]
    head: str


class ConversationList(Struct, frozen=True):
    """The caller's conversations."""

    conversations: tuple[ConversationSummary, ...]


class NewMember(Struct, frozen=True, forbid_unknown_fields=True):
    """Who joins; the caller, where `user` is left out."""

    user: Id | None = None
    client_msg_id: Key | None = None


class ChangedMembership(Struct, frozen=True):
    """The join, leave or kick is durable."""

    conv_id: str
    user: str
    epoch: int
    seq: int
    duplicate: bool


class HistoryPage(Struct, frozen=True):
    """Events oldest first. `next` continues the walk; `complete` when it reached the end in its direction."""

    conv_id: str
    events: tuple[Event, ...]
    gaps: tuple[Gap, ...]
    markers: tuple[Marker, ...]
    next: str
    head: str
    complete: bool


class WantedToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A token to make."""

    user: Id
    device: Id
    ttl_s: Annotated[int, Meta(ge=1, le=31 * 86_400)] = 86_400


class WantedTokens(Struct, frozen=True, forbid_unknown_fields=True):
    """Tokens to make, in order."""

    grants: Annotated[tuple[WantedToken, ...], Meta(max_length=10_000)]


class MadeTokens(Struct, frozen=True):
    """Tokens in the order of the grants."""

    tokens: tuple[str, ...]


class Capabilities(Struct, frozen=True):
    """Who this server is and what it claims; keys as the harness knows them."""

    server: str
    version: str
    protocol: str
    node: str
    incarnation: int
    engine: str
    claims: dict[str, Any]


class Health(Struct, frozen=True):
    """`ok`, `starting` or `draining`; `as_of_ns` is the log time that every partition has folded up to."""

    status: Literal["ok", "stale", "draining"]
    as_of_ns: int
