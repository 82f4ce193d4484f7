"""The seams are wide enough: known bugs, composed from outside, and each visible to a client of the host."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from chatproof.reference_server.core import records
from chatproof.reference_server.core.commands import Answer, Refused, SendMessage
from chatproof.reference_server.core.effects import Applied
from chatproof.reference_server.core.fold import apply
from chatproof.reference_server.core.memory import Memory
from chatproof.reference_server.core.records import CommandRecord, MarksRecord, Record
from chatproof.reference_server.core.state import PartitionState, Registers
from chatproof.reference_server.ports.log import Committed, Log, LogReader
from chatproof.reference_server.ports.store import Store, StoreBatch
from tests.reference_server.roles.conversations.node import group, kick, mark, message, node, seq_of, seqs, submit

WRITE_BEHIND_S = 0.05


class CacheFirst:
    """A log that tells of records at once and writes them later."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.partitions = log.partitions
        self._ends = [0] * log.partitions

    def tail(self, reader: LogReader) -> None:
        """Keep the reader to ourselves."""
        self._reader = reader

    async def read(self, partition: int, from_offset: int, limit: int) -> Sequence[Committed]:
        """Read; the last read of a replay finds nothing at the partition's end."""
        self._ends[partition] = from_offset
        return await self._log.read(partition, from_offset, limit)

    def append_nowait(self, partition: int, record: bytes, token: object | None = None) -> None:
        """Tell first."""
        loop = asyncio.get_running_loop()
        block = Committed(partition, self._ends[partition], 0, [record], [token])
        self._ends[partition] += 1
        loop.call_soon(self._reader.committed, [block])
        loop.call_later(WRITE_BEHIND_S, self._log.append_nowait, partition, record)

    async def drained(self) -> None:
        """Wait for what a turn of the loop tells."""
        for _ in range(5):
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Leave unwritten what is not written."""


class BehindTheLog:
    """A store that is written after such a log."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put_nowait(self, batch: StoreBatch) -> None:
        """Wait until the log has surely been written."""
        asyncio.get_running_loop().call_later(2 * WRITE_BEHIND_S, self._store.put_nowait, batch)

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def test_an_acknowledgement_before_the_log_is_lost_by_a_crash(tmp_path: Path) -> None:
    """ack-before-log: a log wrapper, and a store that is not ahead of it."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
        async with node(tmp_path, wrap_log=CacheFirst, wrap_store=BehindTheLog, close=False) as host:  # type: ignore[arg-type]
            assert 2 == await seq_of(host, message(2))
        async with node(tmp_path) as host:
            assert [1] == await seqs(host, "g", "a")

    asyncio.run(run())


def membership_first(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
    """A fold that asks for membership before it looks into its memory."""
    applied = apply(state, record, offset, append_time_ns)
    if isinstance(record, CommandRecord) and isinstance(record.command, SendMessage):
        conversation = state.conversations.get(record.command.conv)
        if conversation is not None and not conversation.is_member(record.command.user):
            return Applied((Answer(Refused("not_member")),))
    return applied


def test_membership_before_dedupe_refuses_a_retry(tmp_path: Path) -> None:
    """membership-before-dedupe: a fold around the fold."""

    async def run() -> None:
        async with node(tmp_path, fold=membership_first) as host:
            await seq_of(host, group(1, "a", "b"))
            await seq_of(host, message(2, "b"))
            await seq_of(host, kick(3, "a", "b"))
            assert Answer(Refused("not_member")) == await submit(host, message(2, "b"))

    asyncio.run(run())


def last_write_wins(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
    """A fold that forgets the markers that a record is about to set."""
    for each in record.marks if isinstance(record, MarksRecord) else ():
        state.conversations[each.conv].markers.pop(each.user, Registers())
    return apply(state, record, offset, append_time_ns)


def test_last_write_wins_lets_a_marker_go_back(tmp_path: Path) -> None:
    """receipt-last-write-wins: a fold around the fold."""

    async def run() -> None:
        async with node(tmp_path, fold=last_write_wins) as host:
            await seq_of(host, group(1, "a"))
            await seq_of(host, message(2))
            for read in (2, 1):
                await submit(host, mark("a", read=read))
            assert 1 == host.marker_of("g", "a").read

    asyncio.run(run())


def test_a_memory_lost_on_restart_repeats_a_send(tmp_path: Path) -> None:
    """dedupe-lost-on-restart: the memory of a started host is a part that can be replaced."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            await seq_of(host, message(2))
        async with node(tmp_path) as host:
            for state in host.states():
                state.memory = Memory()
            assert 3 == await seq_of(host, message(2))

    asyncio.run(run())


class Resending:
    """A log client that sends a slow record again, as another message."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def append_nowait(self, partition: int, record: bytes, token: object | None = None) -> None:
        """Append a send twice, the second time under a key of its own."""
        self._log.append_nowait(partition, record, token)
        decoded = records.decode(record)
        if isinstance(decoded, CommandRecord) and isinstance(decoded.command, SendMessage):
            sent = decoded.command
            again = SendMessage(sent.conv, sent.user, sent.device, sent.u[:-1] + "f", sent.body)
            self._log.append_nowait(partition, records.encode(CommandRecord(again, decoded.not_after_ns)))

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)


def test_a_send_retried_upstream_is_stored_twice(tmp_path: Path) -> None:
    """send-stored-twice: a log wrapper."""

    async def run() -> None:
        async with node(tmp_path, wrap_log=Resending) as host:  # type: ignore[arg-type]
            await seq_of(host, group(1, "a"))
            await seq_of(host, message(2))
            assert [1, 2, 3] == await seqs(host, "g", "a")

    asyncio.run(run())
