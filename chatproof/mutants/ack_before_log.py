"""A message is acknowledged and pushed out of a cache; the log gets it up to `FLUSH_S` later.

Seen in: openimsdk/open-im-server#3080, where messages were answered out of Redis before they reached the database.
Replaces: the log that the conversation host works on. A record is reported as committed at once, at the offset that it
will have, and a timer writes what gathered. The engine empties its store at each start, as that may know more than the
log does.
Caught by: durable-ack. What was acknowledged since the last flush is gone after kill -9, and its seqs are used again.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.fold import Fold
from chatproof.reference_server.engines.embedded.engine import EmbeddedEngine
from chatproof.reference_server.ports.disk import Disk
from chatproof.reference_server.ports.log import Committed, Log, LogReader
from chatproof.reference_server.roles.conversations.host import Conversations

FLUSH_S = 0.25


class Cache:
    """In front of a log: reports records as committed before they are written."""

    host: Conversations

    def __init__(self, log: Log) -> None:
        self._log, self._cached = log, list[tuple[int, bytes]]()
        self.partitions, self.read, self.drained = log.partitions, log.read, log.drained

    def tail(self, reader: LogReader) -> None:
        """Nobody waits for the log."""

    def append_nowait(self, partition: int, record: bytes, token: object | None = None) -> None:
        if not self._cached:
            asyncio.get_running_loop().call_later(FLUSH_S, self._flush)
        self._cached.append((partition, record))
        offset = self.host.states()[partition].offset + 1
        self.host.committed([Committed(partition, offset, time.time_ns(), [record], [token])])

    def _flush(self) -> None:
        while self._cached:
            self._log.append_nowait(*self._cached.pop(0))

    async def close(self) -> None:
        self._flush()
        await self._log.close()


def _host(engine: EmbeddedEngine, fold: Fold) -> Conversations:
    log = Cache(engine.log)
    log.host = Conversations(log, *engine[1:], fold=fold)
    return log.host


def broken(parts: Parts) -> Parts:
    """Host conversations on a cache that is written to the log behind everybody's back."""

    async def engine(directory: Path, disk: Disk) -> EmbeddedEngine:
        for file in directory.glob("store.db*"):
            disk.remove(file)
        return await parts.engine(directory, disk)

    return replace(parts, engine=engine, host=_host)
