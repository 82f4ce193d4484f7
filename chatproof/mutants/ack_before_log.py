"""A message is acknowledged and pushed out of a cache; the log gets it up to `FLUSH_S` later.

Seen in: openimsdk/open-im-server#3080, where messages were answered out of Redis before they reached the database.
Replaces: the conversation host, which folds a record at once, at the offset that it will have, and lets a timer write
what gathered; and the engine, whose store is emptied at each start, as it may know more than the log does.
Caught by: durable-ack. What was acknowledged since the last flush is gone after kill -9, and its seqs are used again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core import records
from chatproof.reference_server.engines.embedded.engine import EmbeddedEngine
from chatproof.reference_server.ports.log import Committed
from chatproof.reference_server.roles.conversations.host import Conversations
from chatproof.reference_server.roles.conversations.partition import Partition

FLUSH_S = 0.25


class _CacheFirst(Conversations):
    _cached: Sequence[tuple[int, bytes]] = ()

    def _append(self, partition: Partition, record: records.Record, token: object | None = None) -> None:
        payload, offset, time_ns = records.encode(record), partition.state.offset + 1, self._clock.wall_ns()
        if not self._cached:
            asyncio.get_running_loop().call_later(FLUSH_S, self._flush)
        self._cached = (*self._cached, (partition.index, payload))
        partition.appended_ns = self._clock.monotonic_ns()
        super().committed([Committed(partition.index, offset, time_ns, [payload], [token])])

    _append_surely = _append

    def committed(self, blocks: Sequence[Committed]) -> None:
        """The log has it too: everybody was told long ago."""

    def _flush(self) -> None:
        cached, self._cached = self._cached, ()
        for partition, payload in cached:
            self._log.append_nowait(partition, payload)

    async def close(self) -> None:
        self._marks.flush()
        self._flush()
        await super().close()


def broken(parts: Parts) -> Parts:
    """Host conversations on a cache that is written to the log behind everybody's back."""

    async def engine(directory: Path) -> EmbeddedEngine:
        for file in directory.glob("store.db*"):
            file.unlink()
        return await parts.engine(directory)

    return replace(parts, engine=engine, host=lambda opened, fold: _CacheFirst(*opened, fold=fold))
