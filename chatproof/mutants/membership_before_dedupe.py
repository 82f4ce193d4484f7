"""Whether the sender is a member is asked before whether the message was sent before.

Seen in: many services; the order of two checks that both look harmless.
Replaces: the fold. A send by who is no member any more is refused, also where its key took effect long ago.
Caught by: idempotent-send. A retry after a kick is refused for good, although the message is there for all to see.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.commands import Answer, Refused, SendMessage
from chatproof.reference_server.core.effects import Applied
from chatproof.reference_server.core.records import CommandRecord, Record
from chatproof.reference_server.core.state import PartitionState


def _is_by_stranger(state: PartitionState, record: Record) -> bool:
    if not isinstance(record, CommandRecord) or not isinstance(record.command, SendMessage):
        return False
    conversation = state.conversations.get(record.command.conv)
    return conversation is not None and not conversation.is_member(record.command.user)


def broken(parts: Parts) -> Parts:
    """Refuse strangers first."""

    def fold(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
        applied = parts.fold(state, record, offset, append_time_ns)
        if _is_by_stranger(state, record) and applied.answers[0].duplicate:
            return structs.replace(applied, answers=(Answer(Refused("not_member")),))
        return applied

    return replace(parts, fold=fold)
