"""The lines of a plain recording: one JSON object a line, each of them one of the events below.

    {"event": "send", "t": 1.25, "user": "ann", "conversation": "team", "message": "m1", "body": "hi"}
    {"event": "ack", "t": 1.27, "user": "ann", "conversation": "team", "message": "m1", "seq": 5}
    {"event": "deliver", "t": 1.31, "user": "bob", "conversation": "team", "message": "m1", "seq": 5, "body": "hi"}

Times are seconds on one clock, since any moment. A user with several devices names them (`device`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct

from chatproof.checkers.history.errors import HistoryError

MAX_LINE_BYTES = 1 << 20


class _Line(Struct, frozen=True, forbid_unknown_fields=True, tag_field="event", tag=str.lower, kw_only=True):
    """What every line has: when (seconds) and who. `device` is the user's only one where it is left out."""

    t: float
    user: str
    device: str = ""


class _Talk(_Line, frozen=True, kw_only=True):
    """What every line about a message has. `message` names it within its conversation, whoever sends it."""

    conversation: str
    message: str


class Send(_Talk, frozen=True, kw_only=True):
    """Somebody sends a message. Said again, it is another attempt with the same key."""

    body: str | None = None


class Ack(_Talk, frozen=True, kw_only=True):
    """The server answered that it has the message, and where it stands."""

    seq: int
    id: int | None = None


class Fail(_Talk, frozen=True, kw_only=True):
    """The server answered that the message certainly has no effect; a timeout is no such answer and has no line."""

    code: str = "refused"


class Deliver(_Talk, frozen=True, kw_only=True):
    """A message arrived. `via`: pushed live, after a resume, or read to repair a hole. `shown`: the user saw it."""

    seq: int
    id: int | None = None
    body: str | None = None
    via: Literal["live", "resume", "repair"] = "live"
    shown: bool = True


class Member(_Line, frozen=True, kw_only=True):
    """The user is a member of the conversation from the start."""

    conversation: str


class Connect(_Line, frozen=True, kw_only=True):
    """A device has a session from now on."""


class Disconnect(_Line, frozen=True, kw_only=True):
    """Its session is over."""


AnyLine: TypeAlias = Send | Ack | Fail | Deliver | Member | Connect | Disconnect


class Numbered(NamedTuple):
    """A line with its number, from 1."""

    number: int
    line: AnyLine


def read_lines(lines: Iterable[bytes]) -> Iterator[Numbered]:
    """The events of a recording; empty lines are passed over. Raises `HistoryError` that names the line."""
    decoder = msgspec.json.Decoder(AnyLine)
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        if len(text) > MAX_LINE_BYTES:
            raise HistoryError(f"line {number}: it is longer than {MAX_LINE_BYTES} bytes")
        try:
            yield Numbered(number, decoder.decode(text))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise HistoryError(f"line {number}: {problem}") from problem
