"""Coming back: snapshots, tails, views that are behind, logs that cannot be folded."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from chatproof.reference_server.core import records
from chatproof.reference_server.core.commands import Answer, Refused, SendMessage
from chatproof.reference_server.core.effects import Applied
from chatproof.reference_server.core.fold import apply
from chatproof.reference_server.core.identity import partition_of
from chatproof.reference_server.core.records import CommandRecord, OwnCopy, Record
from chatproof.reference_server.core.state import PartitionState, decode_state, encode_state
from chatproof.reference_server.engines.embedded.engine import open_engine
from chatproof.reference_server.ports.log import LogError
from chatproof.reference_server.roles.conversations import Conversations
from chatproof.reference_server.roles.conversations.bounds import Bounds
from tests.reference_server.roles.conversations.node import (
    PARTITIONS,
    group,
    message,
    node,
    page,
    seq_of,
    seqs,
    submit,
)


async def talk(host: Conversations, first: int, last: int) -> None:
    """Send the messages of these seqs."""
    for n in range(first, last + 1):
        assert n == await seq_of(host, message(n))


def states_of(host: Conversations) -> list[bytes]:
    """The canonical bytes of every partition, the log's position and clock set aside (a start appends ticks)."""
    copies = [decode_state(encode_state(state)) for state in host.states()]
    for state in copies:
        state.offset, state.time_ns = 0, 0
    return [encode_state(state) for state in copies]


def test_every_way_back_gives_the_same_states(tmp_path: Path) -> None:
    """With snapshots, without them, and without the store: same canonical states, same pages."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a", "b"))
            await talk(host, 2, 9)
            whole = await page(host, "g", "b")
        results = []
        for lost in ((), ("snapshots",), ("store.db", "store.db-wal", "store.db-shm"), ("snapshots", "store.db")):
            for name in lost:
                remove(tmp_path / name)
            async with node(tmp_path) as host:
                assert whole.events == (await page(host, "g", "b")).events
                results.append(states_of(host))
        assert [results[0]] * 4 == results

    asyncio.run(run())


def remove(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def test_a_torn_snapshot_is_passed_over(tmp_path: Path) -> None:
    """The log gives back what the snapshot would have saved to read."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            await talk(host, 2, 5)
        snapshots = sorted((tmp_path / "snapshots").iterdir())
        assert len(snapshots) == PARTITIONS
        for snapshot in snapshots:
            snapshot.write_bytes(snapshot.read_bytes()[:-1])
        async with node(tmp_path) as host:
            assert [1, 2, 3, 4, 5] == await seqs(host, "g", "a")
            assert 6 == await seq_of(host, message(6))

    asyncio.run(run())


def test_a_store_behind_its_snapshot_is_rebuilt(tmp_path: Path) -> None:
    """A power loss may take the store's last writes: a snapshot above its watermark is then not used."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            await talk(host, 2, 5)
        with contextlib.closing(sqlite3.connect(tmp_path / "store.db")) as store, store:
            store.execute("DELETE FROM message_rows WHERE msg_id > 3")
            store.execute("UPDATE watermarks SET passed = 2")
        async with node(tmp_path) as host:
            assert [1, 2, 3, 4, 5] == await seqs(host, "g", "a")

    asyncio.run(run())


def test_a_log_that_lost_records_is_not_served(tmp_path: Path) -> None:
    """What the store has passed must be in the log: otherwise seqs would be given twice."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
        remove(tmp_path / "snapshots")
        with contextlib.closing(sqlite3.connect(tmp_path / "log.db")) as log, log:
            log.execute("DELETE FROM log WHERE last > 2")
        engine = await open_engine(tmp_path, partitions=PARTITIONS)
        with pytest.raises(LogError, match="the log lost records"):
            await Conversations(*engine).start()
        await engine.log.close()
        await engine.store.close()

    asyncio.run(run())


def test_snapshots_are_cut_on_the_way(tmp_path: Path) -> None:
    """After so many records, once the store has passed them; the next start folds only the rest."""
    folded: list[int] = []

    def counting(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
        folded.append(offset)
        return apply(state, record, offset, append_time_ns)

    async def run() -> None:
        bounds = Bounds(snapshot_every=10, snapshot_bytes_per_record=10_000)
        async with node(tmp_path, close=False, bounds=bounds) as host:
            await seq_of(host, group(1, "a"))
            await talk(host, 2, 40)
            while not host.statistics()["snapshots_kept"]:
                await asyncio.sleep(0)
            in_the_log = host.statistics()["folded_records"]
        async with node(tmp_path, fold=counting) as host:
            assert 40 == len(await seqs(host, "g", "a"))
            replayed = len(folded) - PARTITIONS  # the ticks of this start
        assert replayed <= in_the_log - 10

    asyncio.run(run())


def test_facts_left_on_their_way_are_sent_again(tmp_path: Path) -> None:
    """A crash between a create and its copies never loses a `joined`; nobody gets it twice."""

    class Losing:
        """A log whose disk fails for copies."""

        def __init__(self, log: object) -> None:
            self._log = log

        def append_nowait(self, partition: int, record: bytes, token: object | None = None) -> None:
            """Append all but copies."""
            if not isinstance(records.decode(record), OwnCopy):
                self._log.append_nowait(partition, record, token)  # type: ignore[attr-defined]

        def __getattr__(self, name: str) -> object:
            return getattr(self._log, name)

    async def run() -> None:
        async with node(tmp_path, wrap_log=Losing, close=False) as host:  # type: ignore[arg-type]
            unanswered = submit(host, group(1, "a", "b"))
            assert 2 == await seq_of(host, message(2))
            assert not unanswered.done()
        for _ in range(2):
            async with node(tmp_path) as host:
                assert ["g"] == list(host.conversations_of("b"))
                assert [1] == await seqs(host, "me:b", "b")
                assert 0 == host.statistics()["copies_on_the_way"]
                assert all(state.outbox == {} for state in host.states())

    asyncio.run(run())


def failing_on(body: str) -> object:
    """A fold with a bug that one message meets."""

    def fold(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
        if isinstance(record, CommandRecord) and getattr(record.command, "body", "") == body:
            raise ZeroDivisionError("a bug")
        return apply(state, record, offset, append_time_ns)

    return fold


def test_a_fold_that_fails_stops_its_partition_and_says_so(tmp_path: Path) -> None:
    """Nothing is skipped: unknown for what was appended, a refusal for what comes, other partitions go on."""
    other = next(f"h{n}" for n in range(99) if partition_of(f"h{n}", PARTITIONS) != partition_of("g", PARTITIONS))

    async def run() -> None:
        async with node(tmp_path, fold=failing_on("poison")) as host:  # type: ignore[arg-type]
            await seq_of(host, group(1, "z"))
            await seq_of(host, group(1, "z", conv=other))
            poisoned, behind = submit(host, message(2, "z", "poison")), submit(host, message(3, "z"))
            assert [Answer(Refused("unknown_outcome"))] * 2 == [await poisoned, await behind]
            refused = (await submit(host, message(4, "z"))).outcome
            assert isinstance(refused, Refused)
            assert ("stale_node", True) == (refused.code, "ZeroDivisionError" in refused.reason)
            assert not host.is_ready()
            assert 1.0 == host.statistics()["partitions_stopped"]
            assert 2 == await seq_of(host, message(5, "z", conv=other))
        async with node(tmp_path) as host:
            assert ["poison", "hello"] == [event.body for event in (await page(host, "g", "z", after=1)).events]

    asyncio.run(run())


def test_a_record_of_a_later_version_stops_its_partition(tmp_path: Path) -> None:
    """A node that meets what it does not know waits for one that does."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
        engine = await open_engine(tmp_path, partitions=PARTITIONS)
        engine.log.append_nowait(partition_of("g", PARTITIONS), b"\x91\xa5later")
        await engine.log.close()
        await engine.store.close()
        async with node(tmp_path) as host:
            assert not host.is_ready()
            assert isinstance((await submit(host, message(2))).outcome, Refused)

    asyncio.run(run())


def test_a_late_append_is_expired_and_may_be_tried_again(tmp_path: Path) -> None:
    """A command that the log took after its bound has no effect; the same key is then free."""

    class Late:
        """A log that holds commands back until their time is over, once."""

        def __init__(self, log: object) -> None:
            self._log = log
            self._is_late = True

        def append_nowait(self, partition: int, record: bytes, token: object | None = None) -> None:
            """Let a first send arrive with a bound that has passed."""
            decoded = records.decode(record)
            if self._is_late and isinstance(decoded, CommandRecord) and isinstance(decoded.command, SendMessage):
                self._is_late = False
                record = records.encode(CommandRecord(decoded.command, 1))
            self._log.append_nowait(partition, record, token)  # type: ignore[attr-defined]

        def __getattr__(self, name: str) -> object:
            return getattr(self._log, name)

    async def run() -> None:
        async with node(tmp_path, wrap_log=Late) as host:  # type: ignore[arg-type]
            await seq_of(host, group(1, "a"))
            assert Answer(Refused("expired")) == await submit(host, message(2))
            assert 2 == await seq_of(host, message(2))

    asyncio.run(run())
