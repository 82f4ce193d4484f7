"""One hosted partition: its fold state, its recent events, and whether it still folds."""

from __future__ import annotations

import logging

import msgspec

from chatproof.protocol.frames import Event
from chatproof.reference_server.core import records
from chatproof.reference_server.core.effects import Applied
from chatproof.reference_server.core.fold import Fold, FoldError
from chatproof.reference_server.core.records import OwnCopy
from chatproof.reference_server.core.state import PartitionState, encode_state
from chatproof.reference_server.ports.host import FoldedEvent, FoldedMark, StaleAfterNs
from chatproof.reference_server.ports.log import Committed
from chatproof.reference_server.ports.snapshots import Snapshot
from chatproof.reference_server.ports.store import ConversationRow, EventRow, MarkerRow
from chatproof.reference_server.roles.conversations.bounds import Bounds
from chatproof.reference_server.roles.conversations.harvest import Harvest
from chatproof.reference_server.roles.conversations.recent import Recent

FOLD_FAULTS = (
    FoldError, msgspec.DecodeError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError,
)
"""What an unknown record or a bug in the fold can raise. Each stops the partition: skipping would fork history."""

_log = logging.getLogger(__name__)
_encode_event = msgspec.json.Encoder().encode


def event_line(event: Event) -> bytes:
    """The push of an event, as it travels."""
    return b'{"ev":' + _encode_event(event) + b"}"


class Partition:
    """Folds what it is given, in order.

    Attributes:
        stopped: why it no longer folds; empty while it does.
        heard_ns: monotonic time of the last record folded.
        appended_ns: monotonic time of this node's last append.
        forget_ms: the latest `forget_before` that is folded or on its way.
    """

    __slots__ = ("_bounds", "_cut", "_cut_every", "_cut_offset", "_fold", "appended_ns", "forget_ms", "heard_ns",
                 "index", "recent", "state", "stopped")

    def __init__(self, index: int, fold: Fold, state: PartitionState, watermark: int, bounds: Bounds) -> None:
        """Go on from `state`; the store has passed offset `watermark`."""
        self.index = index
        self.state = state
        self.recent = Recent(watermark, bounds.max_recent)
        self.stopped = ""
        self.heard_ns = 0
        self.appended_ns = 0
        self.forget_ms = state.forget_before_ms
        self._fold = fold
        self._bounds = bounds
        self._cut: Snapshot | None = None
        self._cut_offset = state.offset
        self._cut_every = bounds.snapshot_every

    def take(self, block: Committed, harvest: Harvest) -> None:
        """Fold a block; what it produced is added to the harvest."""
        offset = block.first_offset
        for position, payload in enumerate(block.records):
            if self.stopped:
                harvest.unfolded.extend(block.tokens[position:])
                return
            self._take(payload, offset + position, block.time_ns, block.tokens[position], harvest)
        harvest.watermarks[self.index] = self.state.offset

    def _take(self, payload: bytes, offset: int, time_ns: int, token: object | None, harvest: Harvest) -> None:
        try:
            record = records.decode(payload)
            applied = self._fold(self.state, record, offset, time_ns)
        except FOLD_FAULTS as fault:
            self.stopped = f"partition {self.index} stopped at offset {offset}: {type(fault).__name__}: {fault}"
            _log.error("%s", self.stopped)
            harvest.unfolded.append(token)
            return
        if applied.emitted:
            self._reap_events(offset, applied, harvest)
        if applied.marks:
            self._reap_marks(applied, harvest)
        if type(record) is OwnCopy:
            harvest.copied.append(record)
        if token is not None:
            harvest.settled.append((token, applied.answers))

    def _reap_events(self, offset: int, applied: Applied, harvest: Harvest) -> None:
        for key, event, audience in applied.emitted:
            folded = FoldedEvent(key, event_line(event), event, audience)
            self.recent.add(offset, folded)
            harvest.events.append(folded)
            harvest.rows.append(EventRow(key, event))
        if applied.facts:
            harvest.facts.extend(applied.facts)
            conversation = self.state.conversations[applied.facts[0].conv]
            harvest.conversations.append(
                ConversationRow(conversation.id, conversation.kind, conversation.members, conversation.head)
            )

    def _reap_marks(self, applied: Applied, harvest: Harvest) -> None:
        for conv, marker in applied.marks:
            harvest.marks.append(FoldedMark(conv, marker))
            harvest.markers.append(MarkerRow(conv, marker.user, marker.delivered, marker.read))

    # --- how far it is ------------------------------------------------------------------------------------------

    def is_fresh(self, now_ns: int) -> bool:
        """Whether it folds, and has folded a record younger than the staleness bound."""
        return not self.stopped and now_ns - self.heard_ns < StaleAfterNs

    def unstored(self) -> int:
        """Records folded and not yet passed by the store."""
        return self.state.offset - self.recent.watermark

    # --- snapshots ----------------------------------------------------------------------------------------------

    def cut_if_due(self) -> None:
        """Take a snapshot when enough was folded since the last; it waits here for the store to pass it."""
        if self._cut is None and self.state.offset - self._cut_offset >= self._cut_every:
            self.cut()

    def cut(self) -> None:
        """Take a snapshot of the state as it is, unless nothing was folded since the last."""
        if not self.stopped and self.state.offset > self._cut_offset:
            self._cut_offset = self.state.offset
            data = encode_state(self.state)
            self._cut = Snapshot(self.index, self.state.offset, self.state.version, data)
            self._cut_every = max(self._bounds.snapshot_every, len(data) // self._bounds.snapshot_bytes_per_record)

    def ripe(self) -> Snapshot | None:
        """The snapshot that waits, once the store has passed its offset; given out once."""
        cut = self._cut
        if cut is None or cut.offset > self.recent.watermark:
            return None
        self._cut = None
        return cut
