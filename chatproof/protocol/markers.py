"""The device's own markers: raised at once, sent coalesced per conversation, and again until acknowledged."""

from __future__ import annotations

from collections.abc import Sequence

from chatproof.protocol import client_limits


class _Own:
    """The markers of one conversation: wanted, acknowledged, and when the next receipt may go."""

    __slots__ = ("acked", "advanced_ns", "advanced_seq", "delivered", "due_ns", "read", "sent")

    def __init__(self) -> None:
        self.delivered = self.read = 0
        self.acked = self.sent = (0, 0)
        self.due_ns = 0
        self.advanced_ns = -client_limits.ADVANCE_INTERVAL_NS
        self.advanced_seq = 0


class Markers:
    """Coalesces `mark` calls; a conversation is *dirty* while its wanted markers are not acknowledged."""

    def __init__(self) -> None:
        self._own: dict[str, _Own] = {}
        self._dirty: dict[str, _Own] = {}

    def mark(self, conv: str, delivered: int, read: int) -> None:
        """Raise the wanted markers; lower values change nothing."""
        own = self._own.get(conv) or self._own.setdefault(conv, _Own())
        if delivered > own.delivered or read > own.read:
            own.delivered = max(own.delivered, delivered)
            own.read = max(own.read, read)
            self._dirty[conv] = own

    def due(self, now_ns: int) -> Sequence[tuple[str, int, int]]:
        """Receipts to write now, as (conversation, delivered, read); each counts as written."""
        ready = []
        for conv, own in self._dirty.items():
            wanted = (own.delivered, own.read)
            if own.due_ns <= now_ns and own.sent != wanted:
                own.sent = wanted
                own.due_ns = now_ns + client_limits.RECEIPT_INTERVAL_NS
                ready.append((conv, *wanted))
        return ready

    def advances(self, conv: str, seq: int, now_ns: int) -> bool:
        """Whether an advance to `seq` should go along with a receipt; it then counts as written."""
        own = self._own[conv]
        if seq <= own.advanced_seq or now_ns - own.advanced_ns < client_limits.ADVANCE_INTERVAL_NS:
            return False
        own.advanced_seq, own.advanced_ns = seq, now_ns
        return True

    def acknowledged(self, conv: str) -> None:
        """The last receipt took effect."""
        own = self._own[conv]
        own.acked = own.sent
        if own.acked == (own.delivered, own.read):
            self._dirty.pop(conv, None)

    def failed(self, conv: str, *, for_good: bool) -> None:
        """The last receipt was refused: `for_good`, or it goes again after the usual interval."""
        self._own[conv].sent = self._own[conv].acked
        if for_good:
            self._dirty.pop(conv, None)

    def link_lost(self) -> None:
        """What was written and not acknowledged goes again on the next link."""
        for own in self._dirty.values():
            own.sent = own.acked
