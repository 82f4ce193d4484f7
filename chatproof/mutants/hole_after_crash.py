"""A seq that was taken from the counter just before a crash is never given to an event.

Seen in: many services; the counter is one write (Redis INCR, a database sequence) and the message is another.
Replaces: the conversation host and its fold. When the host starts again, each conversation's counter has gone one
further than its events: the insert that took the number, here an event by nobody, was lost. Readers are told that the
seq is hidden, so they do not wait for it.
Caught by: dense-ids. A seq below the head is taken by no event, in no walk.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from chatproof.protocol.frames import Event
from chatproof.protocol.keys import uuid7
from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.commands import SendMessage
from chatproof.reference_server.core.effects import Applied, Emitted
from chatproof.reference_server.core.records import CommandRecord, Record
from chatproof.reference_server.core.state import PartitionState
from chatproof.reference_server.ports.host import Page
from chatproof.reference_server.roles.conversations.host import Conversations


class _Counting(Conversations):
    async def start(self) -> None:
        await super().start()
        for state in self.states():
            for conv, conversation in state.conversations.items():
                key = uuid7(state.time_ns // 1_000_000, conversation.head)
                self.submit(SendMessage(conv, "", "", key, ""), lambda _: None)
        await self._log.drained()

    async def read(
        self, key: str, user: str, *, after: int, upto: int | None, limit: int, backward: bool = False
    ) -> Page:
        page = await super().read(key, user, after=after, upto=upto, limit=limit, backward=backward)
        items = zip(page.events, page.lines, strict=True)
        kept = [(event, line) for event, line in items if event.by]
        holes = ((event.seq, event.seq) for event in page.events if not event.by)
        events, lines = [event for event, _ in kept], [line for _, line in kept]
        return page._replace(events=events, lines=lines, hidden=sorted((*page.hidden, *holes)))


def broken(parts: Parts) -> Parts:
    """Count apart from what is counted."""

    def fold(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
        applied = parts.fold(state, record, offset, append_time_ns)
        if not isinstance(record, CommandRecord) or record.command.user:
            return applied
        conversation = state.conversations[record.command.conv]
        seq = conversation.head = conversation.head + 1
        event = Event(conversation.id, state.epoch, seq, conversation.ts, "message", "")
        return structs.replace(applied, emitted=(Emitted(conversation.id, event, ()),))

    return replace(parts, fold=fold, host=lambda engine, folds: _Counting(*engine, fold=folds))
