"""What a host does by itself as time passes, and when a commit fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from chatproof.reference_server.core import records
from chatproof.reference_server.core.commands import Answer, Refused
from chatproof.reference_server.core.records import Copied, OwnCopy
from chatproof.reference_server.ports.log import Log, LogReader
from chatproof.reference_server.roles.conversations.bounds import Bounds
from tests.reference_server.roles.conversations.node import (
    PARTITIONS,
    SettableClock,
    group,
    mark,
    message,
    node,
    seq_of,
    seqs,
    submit,
)

QUICK = Bounds(beat_s=0.001, mark_window_s=0.001)
HOUR_NS = 3_600_000_000_000


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until this holds; the test's timeout is the bound."""
    while not condition():
        await asyncio.sleep(0)


def test_a_silent_partition_gets_a_tick(tmp_path: Path) -> None:
    """One second after the last record, in each partition: the log's time goes on, and the host stays ready."""
    clock = SettableClock()

    async def run() -> None:
        async with node(tmp_path, clock=clock, bounds=QUICK) as host:
            await until(lambda: all(state.forget_before_ms for state in host.states()))
            before, as_of_ns = host.statistics()["folded_records"], host.as_of_ns()
            clock.now_ns += QUICK.tick_after_ns
            await until(lambda: host.as_of_ns() > as_of_ns)
            assert before + PARTITIONS == host.statistics()["folded_records"]
            assert host.is_ready()

    asyncio.run(run())


def test_keys_are_forgotten_after_their_window(tmp_path: Path) -> None:
    """A key from before the window is refused, and its memory freed: 49 hours, by the log's clock."""
    clock = SettableClock()

    async def run() -> None:
        async with node(tmp_path, clock=clock, bounds=QUICK) as host:
            await seq_of(host, group(1, "a"))
            old = message(2)
            await seq_of(host, old)
            clock.now_ns += 24 * HOUR_NS + QUICK.forget_after_ms * 1_000_000
            await until(lambda: all(len(state.memory) == 0 for state in host.states()))
            assert Answer(Refused("stale_key")) == await submit(host, old)
            assert [1, 2] == await seqs(host, "g", "a")

    asyncio.run(run())


class FailingOnce:
    """A log whose disk is full the first time that it is given such a record."""

    def __init__(self, log: Log, kind: Callable[[bytes], bool]) -> None:
        self._log = log
        self._kind = kind
        self._failed = False

    def tail(self, reader: LogReader) -> None:
        """Know whom to tell."""
        self._reader = reader
        self._log.tail(reader)

    def append_nowait(self, partition: int, record: bytes, token: object | None = None) -> None:
        """Fail the first of its kind."""
        if self._kind(record) and not self._failed:
            self._failed = True
            asyncio.get_running_loop().call_soon(self._reader.failed, [token])
        else:
            self._log.append_nowait(partition, record, token)

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)


def failing_once(kind: Callable[[bytes], bool]) -> Callable[[Log], Log]:
    """Wraps a log."""
    return lambda log: FailingOnce(log, kind)  # type: ignore[return-value]


def test_a_failed_commit_is_an_unknown_outcome(tmp_path: Path) -> None:
    """Never success, never a definite refusal; the retry decides."""

    async def run() -> None:
        async with node(tmp_path, wrap_log=failing_once(lambda record: b"hello" in record)) as host:
            await seq_of(host, group(1, "a"))
            assert Answer(Refused("unknown_outcome")) == await submit(host, message(2))
            assert 2 == await seq_of(host, message(2))
            assert 0.0 == host.statistics()["in_flight"]

    asyncio.run(run())


def test_marks_of_a_failed_commit_are_unknown_too(tmp_path: Path) -> None:
    """Each asker of the record is told."""

    def is_marks(record: bytes) -> bool:
        return isinstance(records.decode(record), records.MarksRecord)

    async def run() -> None:
        async with node(tmp_path, wrap_log=failing_once(is_marks), bounds=QUICK) as host:
            await seq_of(host, group(1, "a"))
            answers = await asyncio.gather(submit(host, mark("a", read=1)), submit(host, mark("a", delivered=1)))
            assert [Answer(Refused("unknown_outcome"))] * 2 == list(answers)
            assert 0.0 == host.statistics()["in_flight"]

    asyncio.run(run())


def test_our_own_records_are_appended_until_they_are_in(tmp_path: Path) -> None:
    """A copy, or the end of one, that met a full disk is repeated; the create is answered when all is done."""
    for kind in (OwnCopy, Copied):

        async def run(kind: type = kind) -> None:
            def is_kind(record: bytes) -> bool:
                return isinstance(records.decode(record), kind)

            async with node(tmp_path / kind.__name__, wrap_log=failing_once(is_kind), bounds=QUICK) as host:
                assert 1 == await seq_of(host, group(1, "a", "b"))
                assert ["g"] == list(host.conversations_of("a"))
                await until(lambda: all(state.outbox == {} for state in host.states()))

        asyncio.run(run())
