"""The embedded store: one SQLite file with the tables of the specification, written in batches by its own thread.

synchronous=NORMAL: it is a view; what a power loss takes from it, the log gives back. A second connection reads, so
that a page never waits for a batch.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import json

from chatproof.protocol.frames import ME, Event
from chatproof.reference_server.core.identity import OWN_PREFIX
from chatproof.reference_server.engines.embedded.bulk import put_rows
from chatproof.reference_server.engines.embedded.worker import Worker
from chatproof.reference_server.ports.crash import Crash
from chatproof.reference_server.ports.disk import Connection, Disk
from chatproof.reference_server.ports.store import StoreBatch, StoreError

EventKind = Literal["create", "message", "join", "leave", "kick", "joined", "left"]

GATHER_S = 0.1
"""Batches are gathered for so long: messages of a conversation that are written together share a page of the file, and
writing the page costs more than the message in it. Readers have the host's memory meanwhile."""

_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=4000")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, members TEXT NOT NULL, type TEXT NOT NULL, seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message_rows (
    conv_id TEXT NOT NULL, msg_id INTEGER NOT NULL, epoch INTEGER NOT NULL, sender TEXT NOT NULL, u TEXT NOT NULL,
    ts INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (conv_id, msg_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    stream TEXT NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL, actor TEXT NOT NULL, u TEXT NOT NULL,
    ts INTEGER NOT NULL, kind TEXT NOT NULL, user TEXT NOT NULL, conv TEXT NOT NULL,
    PRIMARY KEY (stream, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS markers (
    conv_id TEXT NOT NULL, user TEXT NOT NULL, delivered INTEGER NOT NULL, read INTEGER NOT NULL,
    PRIMARY KEY (conv_id, user)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS watermarks (part INTEGER PRIMARY KEY, passed INTEGER NOT NULL);
CREATE VIEW IF NOT EXISTS messages AS
    WITH others AS (
        SELECT m.conv_id, m.msg_id, min(coalesce(k.delivered, 0)) AS delivered, min(coalesce(k.read, 0)) AS read
        FROM message_rows m
        JOIN conversations c ON c.id = m.conv_id
        JOIN json_each(c.members) AS member ON member.value <> m.sender
        LEFT JOIN markers k ON k.conv_id = m.conv_id AND k.user = member.value
        GROUP BY m.conv_id, m.msg_id
    )
    SELECT m.conv_id, m.msg_id, m.sender, m.ts, m.body,
        CASE WHEN o.read >= m.msg_id THEN 'read' WHEN o.delivered >= m.msg_id THEN 'delivered' ELSE 'sent' END AS status
    FROM message_rows m LEFT JOIN others o ON o.conv_id = m.conv_id AND o.msg_id = m.msg_id;
"""
_PUT_MESSAGE = """INSERT OR REPLACE INTO message_rows (conv_id, msg_id, epoch, sender, u, ts, body)
    {rows}"""
_PUT_EVENT = """INSERT OR REPLACE INTO events (stream, seq, epoch, actor, u, ts, kind, user, conv)
    {rows}"""
_PUT_CONVERSATION = """INSERT INTO conversations (id, type, members, seq) {rows}
    ON CONFLICT (id) DO UPDATE SET members = excluded.members, seq = excluded.seq WHERE excluded.seq > seq"""
_PUT_MARKER = """INSERT INTO markers (conv_id, user, delivered, read) {rows}
    ON CONFLICT (conv_id, user) DO UPDATE
    SET delivered = max(delivered, excluded.delivered), read = max(read, excluded.read)"""
_PUT_WATERMARK = """INSERT INTO watermarks (part, passed) {rows}
    ON CONFLICT (part) DO UPDATE SET passed = max(passed, excluded.passed)"""
_RANGE = """
    SELECT msg_id AS seq, epoch, sender, u, ts, 'message', body, '', '' FROM message_rows
    WHERE conv_id = :key AND msg_id BETWEEN :first AND :last
    UNION ALL
    SELECT seq, epoch, actor, u, ts, kind, '', user, conv FROM events
    WHERE stream = :key AND seq BETWEEN :first AND :last
    ORDER BY seq"""
_Row = tuple[int, int, str, str, int, EventKind, str, str, str]


class EmbeddedStore:
    """See the module's docstring, and `ports.store.Store`."""

    __slots__ = ("_busy", "_crash", "_error", "_passed", "_pending", "_reader", "_timer", "_waiters", "_writer")

    def __init__(self, writer: Worker, reader: Worker, crash: Crash) -> None:
        """Use `open_store`."""
        self._writer = writer
        self._reader = reader
        self._crash = crash
        self._passed: Callable[[Mapping[int, int]], None] | None = None
        self._pending: list[StoreBatch] = []
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._error: sqlite3.Error | None = None
        self._waiters: list[asyncio.Future[None]] = []

    def on_passed(self, passed: Callable[[Mapping[int, int]], None]) -> None:
        """Tell this callback of watermarks."""
        self._passed = passed

    async def watermarks(self) -> Mapping[int, int]:
        """What is written."""
        try:
            return await self._writer.run(_watermarks)
        except sqlite3.Error as error:
            raise StoreError(f"The store cannot be read: {error}.") from error

    def put_nowait(self, batch: StoreBatch) -> None:
        """Gather a batch behind the one that is being written."""
        self._pending.append(batch)
        if not self._busy and self._timer is None:
            self._gather()

    async def events(self, key: str, first: int, last: int) -> Sequence[Event]:
        """One range, by the reading connection."""
        try:
            rows = await self._reader.run(lambda connection: _range(connection, key, first, last))
        except sqlite3.Error as error:
            raise StoreError(f"The store cannot be read: {error}.") from error
        return [_event(key, row) for row in rows]

    async def drained(self) -> None:
        """Wait for the writer; a batch that failed is tried once more, then the error is raised."""
        if self._pending and not self._busy:
            self._hand_over()
        if self._busy:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter
        if self._error is not None:
            raise StoreError(f"The store cannot be written: {self._error}.") from self._error

    async def close(self) -> None:
        """Close both connections."""
        self._stop_gathering()
        await self._reader.close()
        await self._writer.close()

    # --- on the loop --------------------------------------------------------------------------------------------

    def _gather(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(GATHER_S, self._hand_over)

    def _stop_gathering(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hand_over(self) -> None:
        self._stop_gathering()
        batches, self._pending = self._pending, []
        self._busy = True
        self._writer.post(lambda connection: self._write(connection, batches))

    def _written(self, watermarks: Mapping[int, int]) -> None:
        self._error = None
        if self._passed is not None:
            self._passed(watermarks)
        if self._pending and self._waiters:
            self._hand_over()
            return
        self._rest()
        if self._pending:
            self._gather()

    def _failed(self, batches: list[StoreBatch], error: sqlite3.Error) -> None:
        """Keep the batches in order and try again with the next one: the log has them in any case."""
        self._error = error
        self._pending = batches + self._pending
        self._rest()

    def _rest(self) -> None:
        self._busy = False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _write(self, connection: Connection, batches: list[StoreBatch]) -> None:
        batch = _merged(batches)
        try:
            connection.execute("BEGIN IMMEDIATE")
            _put(connection, batch)
            self._crash.crash_at("after_store_before_watermark")
            put_rows(connection, _PUT_WATERMARK, sorted(batch.watermarks.items()))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._writer.call(self._failed, batches, error)
            return
        self._writer.call(self._written, batch.watermarks)


def _merged(batches: Sequence[StoreBatch]) -> StoreBatch:
    """What waited, as one batch: fewer and longer statements."""
    if len(batches) == 1:
        return batches[0]
    watermarks: dict[int, int] = {}
    for batch in batches:
        for partition, offset in batch.watermarks.items():
            watermarks[partition] = max(offset, watermarks.get(partition, -1))
    return StoreBatch(
        [row for batch in batches for row in batch.events],
        [row for batch in batches for row in batch.conversations],
        [row for batch in batches for row in batch.markers],
        watermarks,
    )


def _put(connection: Connection, batch: StoreBatch) -> None:
    messages = [
        (key, e.seq, e.epoch, e.by, e.u, e.ts, e.body) for key, e in batch.events if e.kind == "message"
    ]
    others = [
        (key, e.seq, e.epoch, e.by, e.u, e.ts, e.kind, e.user, e.conv) for key, e in batch.events if e.kind != "message"
    ]
    conversations = [(row.conv, row.kind, json.encode(row.members).decode(), row.seq) for row in batch.conversations]
    put_rows(connection, _PUT_MESSAGE, messages)
    put_rows(connection, _PUT_EVENT, others)
    put_rows(connection, _PUT_CONVERSATION, conversations)
    put_rows(connection, _PUT_MARKER, batch.markers)


def _watermarks(connection: Connection) -> dict[int, int]:
    return dict(connection.execute("SELECT part, passed FROM watermarks").fetchall())


def _range(connection: Connection, key: str, first: int, last: int) -> list[_Row]:
    return connection.execute(_RANGE, {"key": key, "first": first, "last": last}).fetchall()


def _event(key: str, row: _Row) -> Event:
    """The event as the fold made it: what is pushed and what is read are equal."""
    seq, epoch, by, u, ts, kind, body, user, conv = row
    stream = ME if key.startswith(OWN_PREFIX) else key
    msg_id = seq if kind == "message" else 0
    return Event(stream, epoch, seq, ts, kind, by, u, msg_id, body, user, conv)


async def open_store(disk: Disk, path: Path, crash: Crash) -> EmbeddedStore:
    """Open or create the store at `path`. Raises `StoreError`."""
    try:
        writer = Worker("store-writer", disk, path, _PRAGMAS, _SCHEMA)
    except sqlite3.Error as error:
        raise StoreError(f"The store {path} cannot be opened: {error}.") from error
    try:
        reader = Worker("store-reader", disk, path, ("query_only=ON",), "")
    except sqlite3.Error as error:
        await writer.close()
        raise StoreError(f"The store {path} cannot be opened: {error}.") from error
    return EmbeddedStore(writer, reader, crash)
