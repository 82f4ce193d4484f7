"""Who was removed from a conversation stays in its audience: live links get every later message.

Seen in: matrix-org/synapse#13968, where who had left was still served what came after.
Replaces: the fold. A message is meant for everybody who ever was a member, not for those who are one.
Caught by: no-leak. A kicked device gets messages that were sent after its removal was acknowledged.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.effects import Applied, Emitted
from chatproof.reference_server.core.records import Record
from chatproof.reference_server.core.state import PartitionState


def _for_all(state: PartitionState, emitted: Emitted) -> Emitted:
    if emitted.event.kind != "message":
        return emitted
    return emitted._replace(audience=tuple(state.conversations[emitted.key].intervals))


def broken(parts: Parts) -> Parts:
    """Remember audiences, forget removals."""

    def fold(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
        applied = parts.fold(state, record, offset, append_time_ns)
        return structs.replace(applied, emitted=tuple(_for_all(state, emitted) for emitted in applied.emitted))

    return replace(parts, fold=fold)
