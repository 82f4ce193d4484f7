"""The words between a dialect and its session: what a device wants said, and what the target said.

A dialect names rooms and users as the target does. `ref` is a number of the session's own that stands for one request;
whatever answers that request must lead back to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from chatproof.drivers.errors import DriverMistaken

# --- what a dialect is asked to write ---------------------------------------------------------------------------------


class Me(NamedTuple):
    """The device that speaks: its user's target id and its credential, as `provision` returned them."""

    dev: int
    user: str
    token: str


class Post(NamedTuple):
    """A message to send. `key` is the same in every attempt of one message, `ref` is not."""

    ref: int
    room: str
    text: str
    key: str


class Mark(NamedTuple):
    """A marker to set: everything up to `message` (a target id) is delivered or read."""

    ref: int
    room: str
    message: int
    what: Literal["delivered", "read"]


class PageWanted(NamedTuple):
    """A history page: at most `limit` messages with an id above `after`, oldest first; or, `backward`, the newest ones
    with an id below `before` (0: the newest of all)."""

    ref: int
    room: str
    limit: int
    after: int = 0
    before: int = 0
    backward: bool = False


class Request(NamedTuple):
    """An HTTP request instead of a frame. `path` begins with a slash; `json` becomes the body where it is given."""

    method: str
    path: str
    json: Any = None
    headers: Mapping[str, str] = {}

    def content(self) -> bytes:
        """The body's bytes."""
        return b"" if self.json is None else msgspec.json.encode(self.json)


class Response(NamedTuple):
    """The answer to a `Request` that was answered at all."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises `msgspec.DecodeError`."""
        return msgspec.json.decode(self.body)


# --- what a dialect reads ---------------------------------------------------------------------------------------------


class Welcome(NamedTuple):
    """The target accepted the session. `node` and `incarnation` where it names them."""

    node: str = ""
    incarnation: int = 0


class Denied(NamedTuple):
    """The target does not accept, or no longer accepts, the credential: the run cannot go on, and nothing was lost."""

    reason: str


class Accepted(NamedTuple):
    """The target took what `ref` asked for; `id` of the message where it says that.

    `ref` None: the oldest that this link has not answered, for targets that answer in order and name nothing.
    """

    ref: int | None
    id: int = 0
    duplicate: bool = False


class Refused(NamedTuple):
    """The target did not take what `ref` asked for; `definite`: certainly not, else it may have had an effect.

    The code `overloaded` (as HTTP 429) is tried again, after `retry_after_ms` where that is given.
    """

    ref: int | None
    code: str
    definite: bool = True
    retry_after_ms: int = 0


class Message(NamedTuple):
    """A message came. `id` grows in the order of the room; holes and one counter for all rooms are no matter.

    `replayed`: the target sent it again by itself after a reconnect.
    """

    room: str
    id: int
    text: str
    user: str = ""
    at_ms: int = 0
    replayed: bool = False


class Page(NamedTuple):
    """The answer to a `PageWanted`. `more`: messages lie beyond it in the direction of the walk.

    Its messages are of the room that was asked for, whatever room they name.
    """

    ref: int
    messages: Sequence[Message]
    more: bool
    newest_first: bool = False


class Marked(NamedTuple):
    """A user's markers, as ids of messages."""

    room: str
    user: str
    delivered: int = 0
    read: int = 0


class Present(NamedTuple):
    """A user's presence. `version` grows with each change where the target counts them."""

    user: str
    state: Literal["online", "offline"]
    version: int = 0


class PongHeard(NamedTuple):
    """The answer to the dialect's own ping."""


MAX_ID = 2**31 - 1
"""Ids are kept in 32 bits: a hundred thousand messages a second for six hours."""


def check(message: object) -> None:
    """Raises `DriverMistaken` for a message that cannot be one."""
    if not isinstance(message, Message):
        raise DriverMistaken(f"The driver reads {message!r:.200} as a message, and that is no Message.")
    if not isinstance(message.text, str) or not isinstance(message.room, str):
        raise DriverMistaken(f"The driver reads a message whose room or text is no text: {message!r:.200}.")
    if not isinstance(message.id, int) or not 0 < message.id <= MAX_ID:
        raise DriverMistaken(
            f"The driver reads a message with the id {message.id!r:.80}; it must be an integer from 1 to {MAX_ID:,}."
        )


Word = Welcome | Denied | Accepted | Refused | Message | Page | Marked | Present | PongHeard
