"""The events of a partition that are still in memory: all that the store has not passed, and the newest beyond that."""

from __future__ import annotations

from collections import deque

from chatproof.reference_server.ports.host import FoldedEvent

_NOTHING: deque[FoldedEvent] = deque()


class Recent:
    """Per stream a gapless tail of its events, up to the head. Where a stream has none, the store has everything."""

    __slots__ = ("_kept", "_order", "_streams", "_watermark")

    def __init__(self, watermark: int, kept: int) -> None:
        """The store has everything up to offset `watermark`; so many events stay here although it has them."""
        self._kept = kept
        self._watermark = watermark
        self._streams: dict[str, deque[FoldedEvent]] = {}
        self._order: deque[tuple[int, str]] = deque()

    def add(self, offset: int, folded: FoldedEvent) -> None:
        """Take the next event of its stream, made by the record at `offset`."""
        stream = self._streams.get(folded.key)
        if stream is None:
            stream = self._streams[folded.key] = deque()
        stream.append(folded)
        self._order.append((offset, folded.key))

    def passed(self, watermark: int) -> None:
        """The store has everything up to this offset: let go of the oldest events that are too many."""
        self._watermark = max(self._watermark, watermark)
        order = self._order
        while len(order) > self._kept and order[0][0] <= self._watermark:
            _, key = order.popleft()
            stream = self._streams[key]
            stream.popleft()
            if not stream:
                del self._streams[key]

    def tail(self, key: str) -> deque[FoldedEvent]:
        """The stream's events in memory, oldest first. Not a copy."""
        return self._streams.get(key, _NOTHING)

    @property
    def watermark(self) -> int:
        """What the store has passed."""
        return self._watermark

    def __len__(self) -> int:
        return len(self._order)
