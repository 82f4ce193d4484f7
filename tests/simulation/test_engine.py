"""The embedded engine on a lossy disk: it behaves as on a real one, and loses nothing that it was told to keep."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

import pytest

from chatproof.reference_server.engines.embedded.clock import SystemClock
from chatproof.reference_server.engines.embedded.log import EmbeddedLog, open_log
from chatproof.reference_server.engines.embedded.snapshots import FileSnapshots
from chatproof.reference_server.engines.embedded.store import EmbeddedStore, open_store
from chatproof.reference_server.ports.crash import NoCrash
from chatproof.reference_server.ports.snapshots import Snapshot
from chatproof.reference_server.settings import next_incarnation, token_secret
from chatproof.simulation.lossy_disk import LossyDisk
from tests.reference_server.engines.log_contract import CONTRACT as LOG_CONTRACT
from tests.reference_server.engines.log_contract import OpenLog
from tests.reference_server.engines.store_contract import CONTRACT as STORE_CONTRACT
from tests.reference_server.engines.store_contract import OpenStore
from tests.simulation.deaths import die_after


@contextlib.asynccontextmanager
async def log_in(directory: Path) -> AsyncIterator[EmbeddedLog]:
    """The log of a directory."""
    log = await open_log(LossyDisk(directory / "unsynced"), directory / "log.db", SystemClock(), 2)
    try:
        yield log
    finally:
        await log.close()


@contextlib.asynccontextmanager
async def store_in(directory: Path) -> AsyncIterator[EmbeddedStore]:
    """The store of a directory."""
    store = await open_store(LossyDisk(directory / "unsynced"), directory / "store.db", NoCrash())
    try:
        yield store
    finally:
        await store.close()


@pytest.mark.parametrize("clause", LOG_CONTRACT, ids=lambda clause: clause.__name__)
def test_the_log(clause: Callable[[OpenLog], Coroutine[None, None, None]], tmp_path: Path) -> None:
    """Each clause of the log's contract."""
    asyncio.run(clause(lambda: log_in(tmp_path)))


@pytest.mark.parametrize("clause", STORE_CONTRACT, ids=lambda clause: clause.__name__)
def test_the_store(clause: Callable[[OpenStore], Coroutine[None, None, None]], tmp_path: Path) -> None:
    """Each clause of the store's contract."""
    asyncio.run(clause(lambda: store_in(tmp_path)))


def test_a_snapshot_that_was_put_is_there(tmp_path: Path) -> None:
    """Whole, under its name."""
    snapshot = Snapshot(1, 7, 1, b"state")

    def snapshots() -> FileSnapshots:
        return FileSnapshots(LossyDisk(tmp_path / "unsynced"), tmp_path / "snapshots", NoCrash())

    die_after(lambda: asyncio.run(snapshots().put(snapshot)))
    assert snapshot == asyncio.run(snapshots().latest(1, 1, 7))


def test_secret_and_incarnation_are_kept(tmp_path: Path) -> None:
    """Tokens that were given stay good, and no incarnation is used again, even with the clock set back."""
    seen = tmp_path / "seen"

    def first_life() -> None:
        disk = LossyDisk(tmp_path / "unsynced")
        incarnation = next_incarnation(disk, tmp_path, 9_000_000)
        seen.write_bytes(b"%d %s" % (incarnation, token_secret(disk, tmp_path)))

    die_after(first_life)
    disk = LossyDisk(tmp_path / "unsynced")
    assert b"9 %s" % token_secret(disk, tmp_path) == seen.read_bytes()
    assert 10 == next_incarnation(disk, tmp_path, 0)
