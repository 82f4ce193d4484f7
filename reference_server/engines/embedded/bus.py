"""The bus of a single process: a bounded queue that the event loop empties."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from chatproof.reference_server.ports.bus import Receive

MAX_QUEUED = 100_000
"""Messages that wait for the loop's next turn: far above what the sessions of one node change in one turn."""


class InProcessBus:
    """Delivers each message to every subscriber, in order, in a later turn of the event loop.

    Args:
        call_soon: schedules a call in a later turn, e.g. `loop.call_soon`.
    """

    def __init__(self, call_soon: Callable[[Callable[[], None]], object]) -> None:
        self._call_soon = call_soon
        self._queue: deque[bytes] = deque()
        self._receivers: list[Receive] = []
        self._dropped = 0

    def publish(self, message: bytes) -> None:
        """Queue a message; at the bound it is dropped and counted."""
        if len(self._queue) >= MAX_QUEUED:
            self._dropped += 1
            return
        if not self._queue:
            self._call_soon(self._deliver)
        self._queue.append(message)

    def subscribe(self, receive: Receive) -> None:
        """Call `receive` with every message that is delivered from now on."""
        self._receivers.append(receive)

    @property
    def dropped(self) -> int:
        """Messages dropped at the bound since the start."""
        return self._dropped

    def _deliver(self) -> None:
        queued, self._queue = self._queue, deque()
        for message in queued:
            for receive in self._receivers:
                receive(message)
