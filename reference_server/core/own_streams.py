"""Users' own streams: how an online or returning user learns of a conversation. Part of the fold.

Facts cross partitions as copies: the conversation's fold puts a fact into its outbox, the host appends it to the user's
partition, and only when all copies of (conv, seq) are folded does a `Copied` record empty the outbox. A crash anywhere
between repeats a copy, and a repeated copy changes nothing.
"""

from __future__ import annotations

from chatproof.protocol.frames import ME, Event
from chatproof.reference_server.core.effects import Applied, Emitted
from chatproof.reference_server.core.identity import OWN_PREFIX
from chatproof.reference_server.core.records import Copied, OwnCopy
from chatproof.reference_server.core.state import OwnStream, PartitionState


def receive(state: PartitionState, record: OwnCopy) -> Applied:
    """Take a fact into the user's own stream, unless it or a later one of that conversation is there."""
    stream = state.own.get(record.user)
    if stream is None:
        stream = state.own[record.user] = OwnStream()
    if stream.conversations.get(record.conv, (0, False))[0] >= record.seq:
        return Applied()
    stream.conversations[record.conv] = (record.seq, record.kind == "joined")
    stream.head += 1
    stream.ts = max(stream.ts, state.time_ns // 1_000_000)
    event = Event(ME, state.epoch, stream.head, stream.ts, record.kind, record.by, user=record.user, conv=record.conv)
    return Applied(emitted=(Emitted(OWN_PREFIX + record.user, event, (record.user,)),))


def prune(state: PartitionState, record: Copied) -> Applied:
    """Empty the outbox of the facts of (conv, seq)."""
    left = [fact for fact in state.outbox.get(record.conv, ()) if fact.seq != record.seq]
    if left:
        state.outbox[record.conv] = left
    else:
        state.outbox.pop(record.conv, None)
    return Applied()
