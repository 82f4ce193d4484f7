"""Which members' markers a reader is shown: all of a small conversation, the own one in a large one."""

from __future__ import annotations

from chatproof.protocol.frames import ME, Marker
from chatproof.reference_server.ports.host import Host

LARGE_MEMBERS = 200
"""Above this many members only the own marker travels: all of them would cost a frame per reader."""


def is_large(host: Host, conv: str) -> bool:
    """Whether only the own marker is shown."""
    return len(host.members(conv)) > LARGE_MEMBERS


def shown_markers(host: Host, stream: str, user: str) -> tuple[Marker, ...]:
    """The markers of a stream as the user may see them; none in the own stream or after leaving."""
    if stream == ME or not host.is_member(stream, user):
        return ()
    if is_large(host, stream):
        return (host.marker_of(stream, user),)
    return tuple(host.markers(stream))
