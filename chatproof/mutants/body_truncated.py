"""A body that is longer than its column is cut, and nobody is told.

Seen in: many services; MySQL did so with every text column before its strict mode became the default.
Replaces: the fold. Of a message it keeps the first `COLUMN_BYTES` bytes, and answers as if it had kept all.
Caught by: no-phantom. What arrives is not what was sent; it is so on the live stream and in history alike.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.effects import Applied, Emitted
from chatproof.reference_server.core.records import Record
from chatproof.reference_server.core.state import PartitionState

COLUMN_BYTES = 128


def _cut(emitted: Emitted) -> Emitted:
    kept = emitted.event.body.encode()[:COLUMN_BYTES].decode(errors="ignore")
    return emitted._replace(event=structs.replace(emitted.event, body=kept))


def broken(parts: Parts) -> Parts:
    """Fold messages into a narrow column."""

    def fold(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
        applied = parts.fold(state, record, offset, append_time_ns)
        return structs.replace(applied, emitted=tuple(_cut(emitted) for emitted in applied.emitted))

    return replace(parts, fold=fold)
