"""The last receipt that arrives is the one that counts, even where it is older than the one before.

Seen in: MongooseIM, whose documentation of smart markers says that a marker is whatever was sent last.
Replaces: the fold. A mark replaces its user's markers instead of raising them.
Caught by: receipts-forward. A member's marker is seen to go back when a device says less than another did before.
"""

from __future__ import annotations

from dataclasses import replace

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.commands import Mark
from chatproof.reference_server.core.effects import Applied
from chatproof.reference_server.core.records import MarksRecord, Record
from chatproof.reference_server.core.state import PartitionState


def _forget(state: PartitionState, mark: Mark) -> None:
    """Drop what the mark would have to rise above."""
    conversation = state.conversations.get(mark.conv)
    if conversation is not None and conversation.is_member(mark.user) and (mark.delivered or mark.read):
        conversation.markers.pop(mark.user, None)


def broken(parts: Parts) -> Parts:
    """Fold marks as writes."""

    def fold(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
        if isinstance(record, MarksRecord):
            for mark in record.marks:
                _forget(state, mark)
        return parts.fold(state, record, offset, append_time_ns)

    return replace(parts, fold=fold)
