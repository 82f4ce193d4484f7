"""Receipts and device cursors as max-registers: they rise up to the head and never go back. Part of the fold."""

from __future__ import annotations

from chatproof.protocol.frames import Marker
from chatproof.reference_server.core.commands import Answer, Mark, Marked, Refused
from chatproof.reference_server.core.effects import RaisedMark
from chatproof.reference_server.core.state import Conversation, PartitionState, Registers


def mark(state: PartitionState, command: Mark) -> tuple[Answer, RaisedMark | None]:
    """Raise what is asked for; the answer holds the registers as they are now."""
    conversation = state.conversations.get(command.conv)
    if conversation is None:
        return Answer(Refused("not_found")), None
    if not conversation.is_member(command.user):
        return Answer(Refused("not_member")), None
    raised = _raise_markers(conversation, command)
    epoch, seq = _raise_cursor(state, conversation, command)
    now = conversation.markers.get(command.user, Registers())
    return Answer(Marked(command.conv, now.delivered, now.read, epoch, seq)), raised


def _raise_markers(conversation: Conversation, command: Mark) -> RaisedMark | None:
    """read <= delivered <= head: what was read was delivered."""
    before = conversation.markers.get(command.user, Registers())
    read = max(before.read, min(command.read, conversation.head))
    delivered = max(before.delivered, min(command.delivered, conversation.head), read)
    if (delivered, read) == (before.delivered, before.read):
        return None
    conversation.markers[command.user] = Registers(delivered, read)
    return RaisedMark(command.conv, Marker(command.user, delivered, read))


def _raise_cursor(state: PartitionState, conversation: Conversation, command: Mark) -> tuple[int, int]:
    """A cursor of another epoch says nothing about this history and changes nothing."""
    devices = conversation.cursors.get(command.user, {})
    before = devices.get(command.device, (state.epoch, 0))
    if command.advance_epoch != state.epoch or command.advance_seq == 0:
        return before
    after = max(before, (state.epoch, min(command.advance_seq, conversation.head)))
    conversation.cursors.setdefault(command.user, {})[command.device] = after
    return after
