"""The embedded log: its port's contract, and what only it promises."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path

import pytest

from chatproof.reference_server.engines.embedded.clock import SystemClock
from chatproof.reference_server.engines.embedded.disk import SystemDisk
from chatproof.reference_server.engines.embedded.log import EmbeddedLog, open_log
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.log import LogError
from tests.reference_server.engines.log_contract import CONTRACT, Listener, OpenLog


class SteppedClock:
    """A wall clock that a test sets."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def monotonic_ns(self) -> int:
        """The same hand."""
        return self.now_ns

    def wall_ns(self) -> int:
        """The hand."""
        return self.now_ns


def opener(
    directory: Path, clock: Clock | None = None
) -> Callable[[], contextlib.AbstractAsyncContextManager[EmbeddedLog]]:
    """Opens the embedded log of a directory."""

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[EmbeddedLog]:
        log = await open_log(SystemDisk(), directory / "log.db", clock or SystemClock(), 2)
        try:
            yield log
        finally:
            await log.close()

    return opened


@pytest.mark.parametrize("clause", CONTRACT, ids=lambda clause: clause.__name__)
def test_the_contract_holds(clause: Callable[[OpenLog], Coroutine[None, None, None]], tmp_path: Path) -> None:
    """Each clause of the log's contract."""
    asyncio.run(clause(opener(tmp_path)))


def test_append_time_never_goes_back(tmp_path: Path) -> None:
    """A wall clock that is set back gives the last time again, after a restart too."""
    clock = SteppedClock(100)

    async def run() -> list[int]:
        times = []
        for now_ns in (100, 50):
            clock.now_ns = now_ns
            async with opener(tmp_path, clock)() as log:
                listener = Listener()
                log.tail(listener)
                log.append_nowait(0, b"x")
                await log.drained()
                times.append(listener.blocks[0].time_ns)
        return times

    assert [100, 100] == asyncio.run(run())


def test_one_loop_turn_is_one_commit(tmp_path: Path) -> None:
    """Group commit without a timer: what is appended together is one block per partition."""

    async def run() -> int:
        async with opener(tmp_path)() as log:
            listener = Listener()
            log.tail(listener)
            for n in range(100):
                log.append_nowait(0, b"%d" % n)
            await log.drained()
            return len(listener.blocks)

    assert 1 == asyncio.run(run())


@pytest.mark.slow
def test_a_second_server_is_refused(tmp_path: Path) -> None:
    """Two writers would tear the order: the file is held exclusively."""

    async def run() -> None:
        async with opener(tmp_path)():
            with pytest.raises(LogError, match="another server"):
                async with opener(tmp_path)():
                    pass

    asyncio.run(run())


def test_another_number_of_partitions_is_refused(tmp_path: Path) -> None:
    """Streams would be looked for where they are not."""

    async def run() -> None:
        async with opener(tmp_path)():
            pass
        with pytest.raises(LogError, match="2 partitions, not 3"):
            await open_log(SystemDisk(), tmp_path / "log.db", SystemClock(), 3)

    asyncio.run(run())


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    """A file that is no database is named, not overwritten."""
    (tmp_path / "log.db").write_bytes(b"no database" * 100)
    with pytest.raises(LogError, match=r"log\.db"):
        asyncio.run(open_log(SystemDisk(), tmp_path / "log.db", SystemClock(), 2))
    assert (tmp_path / "log.db").read_bytes().startswith(b"no database")


def test_a_torn_row_is_an_error(tmp_path: Path) -> None:
    """Never fewer records, never others."""

    async def run() -> None:
        async with opener(tmp_path)() as log:
            log.append_nowait(0, b"record")
        with contextlib.closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
            connection.execute("UPDATE log SET records = x'91c4'")
        async with opener(tmp_path)() as log:
            with pytest.raises(LogError, match="cannot be read"):
                await log.read(0, 0, 10)

    asyncio.run(run())


def test_a_failed_commit_is_told_and_the_log_goes_on(tmp_path: Path) -> None:
    """A full disk fails the batch with its tokens; offsets have no hole when space is back."""

    async def run() -> None:
        async with opener(tmp_path)() as log:
            listener = Listener()
            log.tail(listener)
            with file_size_limit(tmp_path / "log.db-wal"):
                log.append_nowait(0, b"x" * 100_000, "lost")
                await log.drained()
            log.append_nowait(0, b"kept", "kept")
            await log.drained()
            assert ["lost"] == listener.lost
            assert [(0, b"kept", "kept")] == listener.of(0)

    asyncio.run(run())


@contextlib.contextmanager
def file_size_limit(path: Path) -> Iterator[None]:
    """Writes beyond the present size of a file fail as on a full disk (EFBIG instead of a signal)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 8192, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_records_of_one_commit_share_a_row(tmp_path: Path) -> None:
    """A commit costs a few rows, however many records it has."""

    async def run() -> None:
        async with opener(tmp_path)() as log:
            for n in range(50):
                log.append_nowait(n % 2, b"%d" % n)

    asyncio.run(run())
    with contextlib.closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        assert [(0, 0, 24), (1, 0, 24)] == connection.execute("SELECT part, first, last FROM log").fetchall()
