"""What applying one record produced, for the host to carry out: answers, events, marks, facts to copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from chatproof.protocol.frames import Event, Marker
from chatproof.reference_server.core.commands import Answer
from chatproof.reference_server.core.records import OwnCopy


class Emitted(NamedTuple):
    """A new event: its stream key, itself, and the users who may see it."""

    key: str
    event: Event
    audience: Sequence[str]


class RaisedMark(NamedTuple):
    """A member's markers in a conversation, after they rose."""

    conv: str
    marker: Marker


class Applied(Struct, frozen=True, gc=False):
    """The effects of one record.

    Attributes:
        answers: one per command of the record (marks: one per mark); empty for records that nobody asks about.
        emitted: new events, in order.
        marks: markers that rose.
        facts: facts that must reach users' own streams; they also stand in the outbox.
    """

    answers: Sequence[Answer] = ()
    emitted: Sequence[Emitted] = ()
    marks: Sequence[RaisedMark] = ()
    facts: Sequence[OwnCopy] = ()
