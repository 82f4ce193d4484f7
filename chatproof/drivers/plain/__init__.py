"""Drivers in a few lines: a `Dialect` says how one service writes and reads, and the rest is done here, sans-I/O.

Knows: the harness's interface, the words of a dialect. May import: `protocol` (outbox, backoff, bodies). Must never:
open a socket in a session, show a message that did not come, retry what the target does not claim to recognise.
"""

from chatproof.drivers.interface import Endpoint, Provisioned, Roster
from chatproof.drivers.plain.dialect import Dialect
from chatproof.drivers.plain.words import (
    Accepted,
    Denied,
    Mark,
    Marked,
    Me,
    Message,
    Page,
    PageWanted,
    PongHeard,
    Post,
    Present,
    Refused,
    Request,
    Response,
    Welcome,
    Word,
)

__all__ = [
    "Accepted", "Denied", "Dialect", "Endpoint", "Mark", "Marked", "Me", "Message", "Page", "PageWanted", "PongHeard",
    "Post", "Present", "Provisioned", "Refused", "Request", "Response", "Roster", "Welcome", "Word",
]
