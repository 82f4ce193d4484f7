"""A key that comes again with another body counts as a new message.

Seen in: many services; the dedupe index is over key and content, or over content alone.
Replaces: the fold. What a key decided is forgotten when the same key brings another text, which is then appended.
Caught by: idempotent-send. Two bodies stand in one conversation under one key of one user.
"""

from __future__ import annotations

from dataclasses import replace

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.commands import SendMessage
from chatproof.reference_server.core.effects import Applied
from chatproof.reference_server.core.memory import Memory, digest_of
from chatproof.reference_server.core.records import CommandRecord, Record
from chatproof.reference_server.core.state import PartitionState


def _forget_other_body(memory: Memory, send: SendMessage) -> None:
    remembered = memory.recall(send.conv, send.user, send.u)
    if remembered is not None and remembered.digest != digest_of(send):
        del memory.keys[send.conv][send.user][send.u]


def broken(parts: Parts) -> Parts:
    """Tell messages apart by key and body together."""

    def fold(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
        if isinstance(record, CommandRecord) and isinstance(record.command, SendMessage):
            _forget_other_body(state.memory, record.command)
        return parts.fold(state, record, offset, append_time_ns)

    return replace(parts, fold=fold)
