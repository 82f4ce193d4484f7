"""Who is online, as the gateway sees it: it reports its sessions and asks for users."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from chatproof.protocol.frames import PresenceItem


class PresenceBoard(Protocol):
    """One node's view of everybody's presence. All methods run on the node's event loop and none blocks."""

    def show(self, user: str, device: str, session: str, *, visible: bool) -> None:
        """A session of this node is open; `visible` False hides it."""
        ...

    def clear(self, user: str, device: str, session: str) -> None:
        """A session of this node has ended; ending it again changes nothing."""
        ...

    def item(self, user: str) -> PresenceItem:
        """The user's state now, with a version later than that of every item given before."""
        ...

    def listen(self, changed: Callable[[str], None]) -> None:
        """Call `changed` with each user whose state may have changed."""
        ...

    def statistics(self) -> Mapping[str, float]:
        """Gauges: registers, nodes heard, whether frozen."""
        ...
