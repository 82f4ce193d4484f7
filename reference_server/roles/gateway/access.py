"""Which streams a user may read, and up to where."""

from __future__ import annotations

from typing import NamedTuple

from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import ME, Cursor
from chatproof.reference_server.ports.host import Host, own_stream

_OWN_STREAMS = own_stream("")

FIRST_EPOCH = 1
"""The epoch of a stream that has no event yet."""


class Readable(NamedTuple):
    """A stream that the user may read.

    Attributes:
        key: its key at the host.
        head: the last position that this user can reach: of a left conversation, the last seq they may see.
    """

    key: str
    head: Cursor


def own_head(host: Host, user: str) -> Cursor:
    """The head of a user's own stream."""
    return host.head(own_stream(user)) or Cursor(FIRST_EPOCH, 0)


def conversation_id(conv: str) -> str:
    """The same id, if it can be a conversation's. Raises `WireError` not_found for names of own streams."""
    if conv == ME or conv.startswith(_OWN_STREAMS):
        raise WireError("not_found")
    return conv


def readable(host: Host, user: str, stream: str) -> Readable:
    """What the user may read of a stream. Raises `WireError`: not_found, not_member, or stale_node in doubt."""
    if stream == ME:
        return Readable(own_stream(user), own_head(host, user))
    head = host.head(conversation_id(stream))
    if head is not None and host.is_member(stream, user):
        return Readable(stream, head)
    if not host.is_ready():
        raise WireError("stale_node")
    if head is None:
        raise WireError("not_found")
    last = host.last_visible(stream, user)
    if last == 0:
        raise WireError("not_member")
    return Readable(stream, Cursor(head.epoch, last))
