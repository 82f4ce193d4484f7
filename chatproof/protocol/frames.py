"""Every frame of `chat.v1+json` as a msgspec Struct: the types that both sides decode with.

A request is `{"id":n,"<command>":{…}}`; a reply is `{"id":n,"ok":{…}}` or `{"id":n,"error":{…}}`; a push is
`{"<push>":{…}}` without id. The tag is the name of the one key beside `id`: `Request` and `FromServer` are
these unions, with one optional field per member. Several newline-separated objects may share a frame.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

from chatproof.protocol import limits

Id = Annotated[str, Meta(min_length=1, max_length=limits.MAX_ID_CHARS, pattern=r"^[A-Za-z0-9._:-]+$")]
"""A user, device or conversation id."""
Key = Annotated[str, Meta(min_length=36, max_length=36)]
"""A `client_msg_id` or other idempotency key: a UUIDv7 in its canonical text form."""
Seq = Annotated[int, Meta(ge=0, le=limits.MAX_SEQ)]
"""A position in a stream; events start at 1, 0 means before the first."""
StreamId = Id
"""`me` for the user's own stream, otherwise a conversation id."""

ME = "me"
"""The name of the caller's own stream."""


class Cursor(Struct, frozen=True):
    """A position in one stream: everything up to and including `seq` of this `epoch` has been seen."""

    epoch: Annotated[int, Meta(ge=1)]
    seq: Seq


# --- commands ---------------------------------------------------------------------------------------------------


class Hello(Struct, frozen=True, forbid_unknown_fields=True):
    """Opens a session: must be the first command of a connection. The token names user and device."""

    token: Annotated[str, Meta(max_length=4096)]
    heartbeat_ms: Annotated[int, Meta(ge=500, le=60_000)] = 15_000


class Sub(Struct, frozen=True, forbid_unknown_fields=True):
    """Follows a stream. With `cursor`: resume, every later event in order, then `live`. Without: from the head on."""

    stream: StreamId
    cursor: Cursor | None = None


class Unsub(Struct, frozen=True, forbid_unknown_fields=True):
    """Stops following a stream."""

    stream: StreamId


class Send(Struct, frozen=True, forbid_unknown_fields=True):
    """Sends a message. Retrying with the same `u` and body returns the first outcome."""

    conv: Id
    u: Key
    body: str


class Receipt(Struct, frozen=True, forbid_unknown_fields=True):
    """Raises the caller's own markers; a lower value than known changes nothing and is acknowledged."""

    conv: Id
    delivered: Seq = 0
    read: Seq = 0


class Presence(Struct, frozen=True, forbid_unknown_fields=True):
    """Sets how the session shows (`offline` = invisible) and which users it watches; the reply is their state."""

    state: Literal["online", "offline"] | None = None
    watch: Annotated[tuple[Id, ...], Meta(max_length=limits.MAX_WATCHED)] = ()
    unwatch: Annotated[tuple[Id, ...], Meta(max_length=limits.MAX_WATCHED)] = ()


class History(Struct, frozen=True, forbid_unknown_fields=True):
    """Reads events after `cursor` (`dir` forward) or before it (backward), oldest first in the page."""

    conv: Id
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=limits.MAX_PAGE)] = limits.DEFAULT_PAGE
    dir: Literal["forward", "backward"] = "forward"
    min_seq: Seq = 0


class Advance(Struct, frozen=True, forbid_unknown_fields=True):
    """The device says up to where it has durably shown the stream. Never goes back."""

    conv: Id
    cursor: Cursor


class Ping(Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for a pong with heads; shows both sides that the link is alive."""


class Join(Struct, frozen=True, forbid_unknown_fields=True):
    """Adds the caller (open group) or `user` (by a member) to a group."""

    conv: Id
    u: Key
    user: Id | None = None


class Leave(Struct, frozen=True, forbid_unknown_fields=True):
    """Removes the caller from a group."""

    conv: Id
    u: Key


class Kick(Struct, frozen=True, forbid_unknown_fields=True):
    """Removes another member from a group; owners only."""

    conv: Id
    u: Key
    user: Id


class Request(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The union of all commands: exactly one of the optional fields is set."""

    id: Annotated[int, Meta(ge=1, le=2**53)]
    hello: Hello | None = None
    sub: Sub | None = None
    unsub: Unsub | None = None
    send: Send | None = None
    receipt: Receipt | None = None
    presence: Presence | None = None
    history: History | None = None
    advance: Advance | None = None
    ping: Ping | None = None
    join: Join | None = None
    leave: Leave | None = None
    kick: Kick | None = None


COMMANDS: tuple[str, ...] = tuple(name for name in Request.__struct_fields__ if name != "id")
"""The names of the commands, in the order of the document."""


# --- replies ----------------------------------------------------------------------------------------------------


class HelloOk(Struct, frozen=True, omit_defaults=True):
    """The session is open. `incarnation` tells two lives of one node apart; `me` is the head of the own stream."""

    session: str
    user: str
    device: str
    node: str
    incarnation: int
    me: Cursor
    heartbeat_ms: int = 15_000


class SubOk(Struct, frozen=True, omit_defaults=True):
    """Whether the cursor was recovered, and the head at that moment: the frontier that `live` will reach."""

    stream: str
    recovered: bool
    head: Cursor
    reason: str = ""


class SendOk(Struct, frozen=True, omit_defaults=True):
    """The message is durable. `duplicate` says that this key had been decided before."""

    conv: str
    epoch: int
    seq: int
    msg_id: int
    ts: int
    duplicate: bool = False


class ReceiptOk(Struct, frozen=True):
    """The caller's markers after the command."""

    conv: str
    delivered: int
    read: int


class PresenceItem(Struct, frozen=True):
    """What is known of one user. Later (incarnation, ver) wins; `unknown` means this node cannot tell now."""

    user: str
    state: Literal["online", "offline", "unknown"]
    incarnation: int
    ver: int


class PresenceOk(Struct, frozen=True):
    """The full state of every user that the session now watches: it is hydrated."""

    users: tuple[PresenceItem, ...]


class MembershipOk(Struct, frozen=True, omit_defaults=True):
    """A join, leave or kick is durable, and the affected user's own stream knows it."""

    conv: str
    epoch: int
    seq: int
    user: str
    duplicate: bool = False


class AdvanceOk(Struct, frozen=True):
    """The device's cursor after the command."""

    conv: str
    cursor: Cursor


class Empty(Struct, frozen=True):
    """Nothing more to say than ok."""


class Head(Struct, frozen=True):
    """The head of one stream."""

    stream: str
    epoch: int
    seq: int


class Pong(Struct, frozen=True):
    """The link is alive; heads of every followed stream that changed since the last pong or push."""

    heads: tuple[Head, ...]
    as_of: int


class Marker(Struct, frozen=True):
    """One member's markers in a conversation."""

    user: str
    delivered: int
    read: int


class Event(Struct, frozen=True, omit_defaults=True):
    """One event of a stream. In a conversation `msg_id` is the `seq` of the event that made the message."""

    stream: str
    epoch: int
    seq: int
    ts: int
    kind: Literal["create", "message", "join", "leave", "kick", "joined", "left"]
    by: str
    u: str = ""
    msg_id: int = 0
    body: str = ""
    user: str = ""
    """Who joins, leaves or is kicked."""
    conv: str = ""
    """In the `me` stream: the conversation that the user joined or left."""


class HistoryOk(Struct, frozen=True, omit_defaults=True):
    """One page, oldest first. `complete` when the walk reached the end of the range in its direction."""

    conv: str
    events: tuple[Event, ...]
    next: Cursor
    head: Cursor
    complete: bool
    gaps: tuple[Gap, ...] = ()
    markers: tuple[Marker, ...] = ()


class ErrorBody(Struct, frozen=True, omit_defaults=True):
    """A row of the error table, as it travels."""

    code: str
    reason: str
    retry: str
    retry_after_ms: int | None = None


# --- pushes -----------------------------------------------------------------------------------------------------


class Live(Struct, frozen=True, omit_defaults=True):
    """The resume is whole: everything up to `cursor` was sent, what follows is live. Receipts travel with it."""

    stream: str
    cursor: Cursor
    markers: tuple[Marker, ...] = ()


class ReceiptPush(Struct, frozen=True):
    """Members' markers as they are now."""

    conv: str
    markers: tuple[Marker, ...]


class Heads(Struct, frozen=True):
    """Heads of streams that changed: makes a lost tail visible."""

    heads: tuple[Head, ...]


class PresencePush(Struct, frozen=True):
    """Changes of watched users."""

    users: tuple[PresenceItem, ...]


class Limits(Struct, frozen=True):
    """A degradation level, announced before it bites."""

    presence: Literal["all", "coalesced", "off"] = "all"
    receipts: Literal["all", "counts"] = "all"


class Gap(Struct, frozen=True, omit_defaults=True):
    """Seqs that this reader will not get, and why; contiguity stays arithmetic. `from` is a keyword, hence the name."""

    stream: str
    from_seq: int
    to_seq: int
    reason: Literal["hidden", "slow_consumer"]


class Drain(Struct, frozen=True):
    """The node is about to close: reconnect elsewhere."""

    reconnect_within_ms: int


class Bye(Struct, frozen=True):
    """Why the connection is being closed, and the close code that follows."""

    code: int
    reason: str


class FromServer(Struct, frozen=True, omit_defaults=True):
    """The union of all that a server sends: a reply has `id` and `ok` or `error`, a push has one other field."""

    id: int = 0
    ok: Raw = Raw()
    """The reply as it came; decoded with the type that `REPLIES` gives for the command. Empty: no reply."""
    error: ErrorBody | None = None
    ev: Event | None = None
    live: Live | None = None
    heads: Heads | None = None
    receipt: ReceiptPush | None = None
    presence: PresencePush | None = None
    limits: Limits | None = None
    gap: Gap | None = None
    drain: Drain | None = None
    bye: Bye | None = None


PUSHES: tuple[str, ...] = tuple(name for name in FromServer.__struct_fields__ if name not in {"id", "ok", "error"})
"""The names of the pushes."""

REPLIES: dict[str, type[Struct]] = {
    "hello": HelloOk,
    "sub": SubOk,
    "unsub": Empty,
    "send": SendOk,
    "receipt": ReceiptOk,
    "presence": PresenceOk,
    "history": HistoryOk,
    "advance": AdvanceOk,
    "ping": Pong,
    "join": MembershipOk,
    "leave": MembershipOk,
    "kick": MembershipOk,
}
"""Command → the type of its `ok`."""
