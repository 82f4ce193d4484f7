"""Views and snapshots that fail: the log stays the truth, and nothing is claimed that is not there."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from chatproof.protocol.errors import WireError
from chatproof.reference_server.core.commands import Answer, Refused
from chatproof.reference_server.core.effects import Applied
from chatproof.reference_server.core.fold import apply
from chatproof.reference_server.core.records import OwnCopy, Record
from chatproof.reference_server.core.state import PartitionState
from chatproof.reference_server.engines.embedded.engine import open_engine
from chatproof.reference_server.ports.host import FoldedBatch
from chatproof.reference_server.ports.snapshots import Snapshot
from chatproof.reference_server.ports.store import Store, StoreBatch, StoreError
from chatproof.reference_server.roles.conversations import Conversations
from chatproof.reference_server.roles.conversations.bounds import Bounds
from tests.reference_server.roles.conversations.node import PARTITIONS, group, message, node, page, seq_of, seqs, submit


def change_store(directory: Path, sql: str) -> None:
    """Change the store's file from outside."""
    with contextlib.closing(sqlite3.connect(directory / "store.db")) as connection, connection:
        connection.execute(sql)


def test_a_row_that_the_store_lost_is_an_error_not_a_gap(tmp_path: Path) -> None:
    """Seqs are dense: what is missing shows."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            await seq_of(host, message(2))
        change_store(tmp_path, "DELETE FROM message_rows")
        async with node(tmp_path) as host:
            with pytest.raises(WireError, match="internal"):
                await page(host, "g", "a")

    asyncio.run(run())


def test_a_store_that_fails_at_the_end_is_brought_up_at_the_next_start(tmp_path: Path) -> None:
    """Closing does not fail, and does not keep a snapshot that the store has not passed."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            change_store(tmp_path, "ALTER TABLE message_rows RENAME TO elsewhere")
            await seq_of(host, message(2))
        change_store(tmp_path, "ALTER TABLE elsewhere RENAME TO message_rows")
        async with node(tmp_path) as host:
            assert [1, 2] == await seqs(host, "g", "a")
            assert 3 == await seq_of(host, message(3))

    asyncio.run(run())


class Stuck:
    """A store that writes nothing any more once it has been brought up."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put_nowait(self, batch: StoreBatch) -> None:
        """Take it and do nothing."""

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def test_a_store_that_falls_behind_ends_in_overload_not_in_memory(tmp_path: Path) -> None:
    """Events that are not stored stay readable, and their number has a bound."""
    bounds = Bounds(max_unstored=10 * PARTITIONS, max_recent=0)

    async def run() -> None:
        async with node(tmp_path, wrap_store=Stuck, bounds=bounds) as host:  # type: ignore[arg-type]
            await seq_of(host, group(1, "a"))
            outcomes = [(await submit(host, message(n))).outcome for n in range(2, 80)]
            assert Refused("overloaded") == outcomes[-1]
            accepted = [outcome for outcome in outcomes if not isinstance(outcome, Refused)]
            assert list(range(1, len(accepted) + 2)) == await seqs(host, "g", "a")

    asyncio.run(run())


class NoSpace:
    """Snapshots on a full disk."""

    async def put(self, snapshot: Snapshot) -> None:
        """Fail."""
        raise OSError("no space left")

    async def latest(self, partition: int, version: int, upto: int) -> Snapshot | None:
        """There is none."""
        return None


def test_a_snapshot_that_cannot_be_kept_costs_only_time(tmp_path: Path) -> None:
    """It is counted, and the log still holds everything."""

    async def run() -> None:
        engine = (await open_engine(tmp_path, partitions=PARTITIONS))._replace(snapshots=NoSpace())  # type: ignore[arg-type]
        host = Conversations(*engine)
        await host.start()
        await seq_of(host, group(1, "a"))
        await host.close()
        assert PARTITIONS == host.statistics()["snapshots_failed"]
        async with node(tmp_path) as again:
            assert [1] == await seqs(again, "g", "a")

    asyncio.run(run())


def stops_at_copies(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
    """A fold that cannot take copies of b."""
    if isinstance(record, OwnCopy) and record.user == "b":
        raise LookupError("a bug")
    return apply(state, record, offset, append_time_ns)


def test_a_create_whose_copies_cannot_arrive_is_unknown(tmp_path: Path) -> None:
    """It may be in the log, so it is no refusal; and it is not known to every member, so it is no success."""

    async def run() -> None:
        async with node(tmp_path, fold=stops_at_copies) as host:
            assert Answer(Refused("unknown_outcome")) == await submit(host, group(1, "a", "b"))
        async with node(tmp_path) as host:
            assert ["g"] == list(host.conversations_of("b"))

    asyncio.run(run())


class Clumsy:
    """An audience with a bug."""

    def folded(self, batch: FoldedBatch) -> None:
        """Fail."""
        raise RuntimeError("a bug of the gateway")

    def flush(self) -> None:
        """Nothing is queued."""


def test_a_listener_that_fails_takes_nothing_from_the_view(tmp_path: Path) -> None:
    """The store gets every batch, or its watermark would claim too much."""

    async def run() -> None:
        seen: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context["exception"]))
        async with node(tmp_path, bounds=Bounds(max_recent=0)) as host:
            await seq_of(host, group(1, "a"))
            host.attach(Clumsy())
            lost = submit(host, message(2))
            while not seen:
                await asyncio.sleep(0)
            assert not lost.done()
            assert [1, 2] == await seqs(host, "g", "a")

    asyncio.run(run())


def test_a_broken_store_releases_the_log(tmp_path: Path) -> None:
    """Opening an engine takes everything or nothing."""
    (tmp_path / "store.db").write_bytes(b"no database" * 100)

    async def run() -> None:
        with pytest.raises(StoreError):
            await open_engine(tmp_path, partitions=PARTITIONS)
        (tmp_path / "store.db").unlink()
        async with node(tmp_path) as host:
            assert host.is_ready()

    asyncio.run(run())
