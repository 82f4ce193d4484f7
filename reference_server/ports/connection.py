"""A client link without a socket library: what a session needs of it."""

from __future__ import annotations

from typing import Protocol


class Connection(Protocol):
    """One open WebSocket, seen from the server. No method blocks or raises on a link that is already gone."""

    def send(self, frame: bytes) -> None:
        """Write one text frame."""
        ...

    def ping(self) -> None:
        """Write a WebSocket ping: the peer's library answers it, which shows that the link is alive."""
        ...

    def buffered_bytes(self) -> int:
        """Bytes written that the operating system has not taken yet."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Write a close frame, then end the link within a bounded time even if the peer reads nothing."""
        ...
