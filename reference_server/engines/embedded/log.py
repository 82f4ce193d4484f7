"""The embedded log: one SQLite file, one writer thread, one fsynced transaction per group commit over all partitions.

Group commit without a timer: what was appended while the last commit was written and told is the next one. A row
holds the records that one commit gave to one partition, so that a commit costs a few rows however many records it has.

The file is held exclusively: a second process on the same directory is refused instead of tearing the order.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import msgspec

from chatproof.reference_server.engines.embedded.worker import Worker
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.disk import Connection, Disk
from chatproof.reference_server.ports.log import Committed, LogError, LogReader

_PRAGMAS = (
    # Exclusive, set before WAL: no shared-memory file, and nobody else writes.
    "locking_mode=EXCLUSIVE",
    "journal_mode=WAL",
    # FULL: the WAL is fsynced at every commit; an acknowledged record survives power loss.
    "synchronous=FULL",
    # A checkpoint per 16 MiB of WAL: short enough to hide between commits, rare enough not to matter.
    "wal_autocheckpoint=4000",
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS shape (partitions INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS log (
    part INTEGER NOT NULL,
    last INTEGER NOT NULL,
    first INTEGER NOT NULL,
    time_ns INTEGER NOT NULL,
    records BLOB NOT NULL,
    PRIMARY KEY (part, last)
) WITHOUT ROWID;
"""
_Pending = dict[int, tuple[list[bytes], list[object | None]]]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[bytes]).decode


class EmbeddedLog:
    """See the module's docstring, and `ports.log.Log`."""

    __slots__ = ("_busy", "_clock", "_ends", "_handing", "_last_time_ns", "_pending", "_reader", "_waiters", "_worker",
                 "partitions")

    def __init__(self, worker: Worker, clock: Clock, ends: list[int], last_time_ns: int) -> None:
        """Use `open_log`."""
        self.partitions = len(ends)
        self._worker = worker
        self._clock = clock
        self._ends = ends  # the next offset per partition; the writer thread's
        self._last_time_ns = last_time_ns  # the writer thread's
        self._reader: LogReader | None = None
        self._pending: _Pending = {}
        self._busy = False  # a commit is on its way
        self._handing = False  # a hand-over is scheduled for the end of this loop turn
        self._waiters: list[asyncio.Future[None]] = []

    def tail(self, reader: LogReader) -> None:
        """Tell this reader of commits."""
        self._reader = reader

    def append_nowait(self, partition: int, record: bytes, token: object | None = None) -> None:
        """Queue a record; all that one loop turn appends is committed together."""
        waiting = self._pending.get(partition)
        if waiting is None:
            waiting = self._pending[partition] = ([], [])
        waiting[0].append(record)
        waiting[1].append(token)
        if not self._busy:
            self._schedule()

    async def read(self, partition: int, from_offset: int, limit: int) -> Sequence[Committed]:
        """Rows from the one that holds `from_offset` on, until about `limit` records are read."""
        try:
            return await self._worker.run(lambda connection: _read(connection, partition, from_offset, limit))
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise LogError(f"The log cannot be read: {error}.") from error

    async def drained(self) -> None:
        """Wait until no commit is on its way and nothing is pending."""
        if self._busy or self._pending:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter

    async def close(self) -> None:
        """Drain, then close the file."""
        await self.drained()
        await self._worker.close()

    # --- on the loop --------------------------------------------------------------------------------------------

    def _hand_over(self) -> None:
        self._handing = False
        if self._busy or not self._pending:
            return
        batch, self._pending = self._pending, {}
        self._busy = True
        self._worker.post(lambda connection: self._commit(connection, batch))

    def _committed(self, blocks: list[Committed]) -> None:
        try:
            if self._reader is not None:
                self._reader.committed(blocks)
        finally:
            self._next()

    def _failed(self, tokens: list[object | None]) -> None:
        try:
            if self._reader is not None:
                self._reader.failed(tokens)
        finally:
            self._next()

    def _next(self) -> None:
        """After the readers, not before: two halves of the clients that take turns, one at the disk while the other is
        told, would cost two smaller commits and each connection two writes."""
        self._busy = False
        if self._pending:
            self._schedule()
        self._wake()

    def _schedule(self) -> None:
        if not self._handing:
            self._handing = True
            asyncio.get_running_loop().call_soon(self._hand_over)

    def _wake(self) -> None:
        if self._busy or self._pending:
            return
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _commit(self, connection: Connection, batch: _Pending) -> None:
        time_ns = max(self._last_time_ns, self._clock.wall_ns())
        blocks = [
            Committed(partition, self._ends[partition], time_ns, records, tokens)
            for partition, (records, tokens) in sorted(batch.items())
        ]
        try:
            _insert(connection, blocks)
        except sqlite3.Error:
            self._worker.call(self._failed, [token for block in blocks for token in block.tokens])
            return
        self._last_time_ns = time_ns
        for block in blocks:
            self._ends[block.partition] += len(block.records)
        self._worker.call(self._committed, blocks)


def _insert(connection: Connection, blocks: list[Committed]) -> None:
    """One statement, which is its own transaction: the thread waits for the interpreter's lock once per commit."""
    rows = [
        (block.partition, block.first_offset + len(block.records) - 1, block.first_offset, block.time_ns,
         _encode(block.records))
        for block in blocks
    ]
    values = ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
    connection.execute(
        f"INSERT INTO log (part, last, first, time_ns, records) VALUES {values}", tuple(chain.from_iterable(rows))
    )


def _read(connection: Connection, partition: int, from_offset: int, limit: int) -> list[Committed]:
    blocks: list[Committed] = []
    count = 0
    rows = connection.execute(
        "SELECT first, time_ns, records FROM log WHERE part = ? AND last >= ? ORDER BY last", (partition, from_offset)
    )
    for first, time_ns, packed in rows:
        skip = max(0, from_offset - first)
        records = _decode(packed)[skip:]
        blocks.append(Committed(partition, first + skip, time_ns, records, [None] * len(records)))
        count += len(records)
        if count >= limit:
            break
    return blocks


async def open_log(disk: Disk, path: Path, clock: Clock, partitions: int) -> EmbeddedLog:
    """Open or create the log at `path`. Raises `LogError`: in use, unreadable, or made with other partitions."""
    try:
        worker = Worker("log", disk, path, _PRAGMAS, _SCHEMA)
    except sqlite3.Error as error:
        raise LogError(f"The log {path} cannot be opened ({error}); another server may be using it.") from error
    try:
        ends, last_time_ns = await worker.run(lambda connection: _shape(connection, partitions))
    except sqlite3.Error as error:
        await worker.close()
        raise LogError(f"The log {path} cannot be read: {error}.") from error
    if len(ends) != partitions:
        await worker.close()
        raise LogError(f"The log {path} has {len(ends)} partitions, not {partitions}.")
    return EmbeddedLog(worker, clock, ends, last_time_ns)


def _shape(connection: Connection, partitions: int) -> tuple[list[int], int]:
    """The next offset of each partition, and the last append time. A new log takes the shape that is asked for."""
    connection.execute("BEGIN IMMEDIATE")
    row = connection.execute("SELECT partitions FROM shape").fetchone()
    if row is None:
        connection.execute("INSERT INTO shape VALUES (?)", (partitions,))
    connection.execute("COMMIT")
    ends = [0] * (partitions if row is None else row[0])
    last_time_ns = 0
    for part in range(len(ends)):
        newest = "SELECT last, time_ns FROM log WHERE part = ? ORDER BY last DESC LIMIT 1"
        for last, time_ns in connection.execute(newest, (part,)):
            ends[part], last_time_ns = last + 1, max(last_time_ns, time_ns)
    return ends, last_time_ns
