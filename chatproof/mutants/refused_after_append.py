"""Whether the sender may send is asked after the message was stored; the refusal does not take it back.

Seen in: many services; a hook or a permission check that runs behind the write.
Replaces: the fold. A send by who is no member takes a seq and goes out to the members, and is then refused for good.
Caught by: no-aborted-delivery. The sender was told that nothing happened, and everybody else has the message.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from chatproof.protocol.frames import Event
from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.commands import Answer, Refused, SendMessage
from chatproof.reference_server.core.effects import Applied, Emitted
from chatproof.reference_server.core.records import CommandRecord, Record
from chatproof.reference_server.core.state import PartitionState

NOT_MEMBER = (Answer(Refused("not_member")),)


def _stored(state: PartitionState, send: SendMessage) -> Emitted:
    conversation = state.conversations[send.conv]
    seq = conversation.head = conversation.head + 1
    event = Event(
        send.conv, state.epoch, seq, conversation.ts, "message", send.user, u=send.u, msg_id=seq, body=send.body
    )
    return Emitted(send.conv, event, conversation.members)


def broken(parts: Parts) -> Parts:
    """Store first, ask later."""

    def fold(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
        applied = parts.fold(state, record, offset, append_time_ns)
        if not isinstance(record, CommandRecord) or not isinstance(record.command, SendMessage):
            return applied
        stored = (_stored(state, record.command),) if applied.answers == NOT_MEMBER else applied.emitted
        return structs.replace(applied, emitted=stored)

    return replace(parts, fold=fold)
