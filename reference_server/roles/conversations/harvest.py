"""What one group commit produced over all partitions, before anyone is told."""

from __future__ import annotations

from collections.abc import Sequence

from chatproof.reference_server.core.commands import Answer
from chatproof.reference_server.core.records import OwnCopy
from chatproof.reference_server.ports.host import FoldedEvent, FoldedMark
from chatproof.reference_server.ports.store import ConversationRow, EventRow, MarkerRow, StoreBatch


class Harvest:
    """Filled by the partitions, emptied by the host.

    Attributes:
        settled: (token, its answers) of records that this node appended.
        unfolded: tokens of records that a stopped partition did not fold.
        facts: facts to be copied into users' own streams.
        copied: copies that own streams have folded.
    """

    __slots__ = ("conversations", "copied", "events", "facts", "markers", "marks", "rows", "settled", "unfolded",
                 "watermarks")

    def __init__(self) -> None:
        self.events: list[FoldedEvent] = []
        self.marks: list[FoldedMark] = []
        self.settled: list[tuple[object, Sequence[Answer]]] = []
        self.unfolded: list[object | None] = []
        self.facts: list[OwnCopy] = []
        self.copied: list[OwnCopy] = []
        self.rows: list[EventRow] = []
        self.conversations: list[ConversationRow] = []
        self.markers: list[MarkerRow] = []
        self.watermarks: dict[int, int] = {}

    def store_batch(self) -> StoreBatch:
        """What the store is to write."""
        return StoreBatch(self.rows, self.conversations, self.markers, self.watermarks)
