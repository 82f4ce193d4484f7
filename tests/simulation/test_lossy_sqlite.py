"""SQLite on lossy files: what was synced is there after kill -9, what was not is gone, and nobody notices before."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatproof.reference_server.engines.embedded.disk import SystemDisk
from chatproof.reference_server.ports.disk import Connection, Disk
from chatproof.simulation.lossy_disk import LossyDisk
from tests.simulation.deaths import die_after

DURABLE = ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL")
HASTY = ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL")
SHARED = ("journal_mode=WAL", "synchronous=NORMAL")
DISKS: dict[str, Callable[[Path], Disk]] = {"system": lambda _: SystemDisk(), "lossy": LossyDisk}


@contextlib.contextmanager
def opened(disk: Disk, path: Path, pragmas: tuple[str, ...] = DURABLE) -> Iterator[Connection]:
    """A database with one table, closed in order at the end."""
    connection = disk.connect(path, pragmas)
    try:
        connection.executescript("CREATE TABLE IF NOT EXISTS said (n INTEGER); CREATE TABLE IF NOT EXISTS other (n)")
        yield connection
    finally:
        connection.close()


def left(path: Path) -> list[int]:
    """What the real files hold, by the standard library's SQLite."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [n for (n,) in connection.execute("SELECT n FROM said ORDER BY n")]


def say(connection: Connection, *numbers: int) -> None:
    """Insert each in a transaction of its own."""
    for n in numbers:
        connection.execute("INSERT INTO said VALUES (?)", (n,))


def count(directory: Path) -> int:
    """The unsynced bytes that the dead said they had."""
    return int.from_bytes((directory / "unsynced").read_bytes(), "little")


def said_and_died(directory: Path, pragmas: tuple[str, ...]) -> list[int]:
    """What is left of 1 and 2, committed on a lossy disk, and of 3, in a transaction that was open at the death."""
    path = directory / "log.db"

    def action() -> Connection:
        connection = LossyDisk(directory / "unsynced").connect(path, DURABLE)
        connection.execute("CREATE TABLE said (n INTEGER)")
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        say(connection, 1, 2)
        connection.execute("BEGIN")
        say(connection, 3)
        return connection

    die_after(action)
    return left(path)


def test_what_was_synced_is_there(tmp_path: Path) -> None:
    """With synchronous=FULL every commit is synced: only the open transaction is gone."""
    assert [1, 2] == said_and_died(tmp_path, DURABLE)


def test_what_was_not_synced_is_gone(tmp_path: Path) -> None:
    """With synchronous=NORMAL a commit is not synced: both are gone, and the count says that something was."""
    assert [] == said_and_died(tmp_path, HASTY)
    assert 0 < count(tmp_path)


def test_kill_9_alone_loses_neither(tmp_path: Path) -> None:
    """On the machine's own disk the page cache outlives the process: why a crash does not show a missing sync."""
    path = tmp_path / "log.db"

    def action() -> Connection:
        connection = SystemDisk().connect(path, HASTY)
        connection.execute("CREATE TABLE said (n INTEGER)")
        say(connection, 1, 2)
        return connection

    die_after(action)
    assert [1, 2] == left(path)


def test_a_checkpoint_syncs_what_it_covers(tmp_path: Path) -> None:
    """With synchronous=NORMAL everything up to the last checkpoint stays, and exactly that."""
    path = tmp_path / "log.db"

    def action() -> Connection:
        connection = LossyDisk(tmp_path / "unsynced").connect(path, HASTY)
        connection.execute("CREATE TABLE said (n INTEGER)")
        say(connection, 1, 2)
        connection.execute("PRAGMA wal_checkpoint").fetchall()
        say(connection, 3, 4)
        return connection

    die_after(action)
    assert [1, 2] == left(path)


def test_an_orderly_close_keeps_everything(tmp_path: Path) -> None:
    """A page cache outlives an orderly end, synced or not."""
    path = tmp_path / "log.db"
    for n in (1, 2):
        with opened(LossyDisk(tmp_path / "unsynced"), path, ("journal_mode=WAL", "synchronous=OFF")) as connection:
            say(connection, n)
    assert [1, 2] == left(path)
    assert 0 == count(tmp_path)


def test_two_connections_see_the_same(tmp_path: Path) -> None:
    """What one has written and not synced the other reads, as through a page cache."""
    disk = LossyDisk(tmp_path / "unsynced")
    path = tmp_path / "store.db"
    with (
        opened(disk, path, SHARED) as writer,
        contextlib.closing(disk.connect(path, ("query_only=ON",))) as reader,
    ):
        say(writer, 1)
        assert [(1,)] == reader.execute("SELECT n FROM said").fetchall()
        with pytest.raises(sqlite3.Error):
            say(reader, 2)


@pytest.mark.parametrize("disk", DISKS)
def test_settings_are_taken(disk: str, tmp_path: Path) -> None:
    """Both SQLites do what the pragmas of the log say, and hold the file against a second opener."""
    one = DISKS[disk](tmp_path / "unsynced")
    with opened(one, tmp_path / "log.db") as connection:
        names = ("locking_mode", "journal_mode", "synchronous")
        assert ["exclusive", "wal", 2] == [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
        with pytest.raises(sqlite3.Error):
            DISKS[disk](tmp_path / "unsynced-2").connect(tmp_path / "log.db", ("busy_timeout=0", *DURABLE))


@pytest.mark.parametrize("disk", DISKS)
def test_a_connection_does_what_is_used_of_sqlite3(disk: str, tmp_path: Path) -> None:
    """Values by place and by name, rows as they are asked for, transactions, and errors of one kind."""
    with opened(DISKS[disk](tmp_path / "unsynced"), tmp_path / "log.db") as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert connection.in_transaction
        say(connection, 1, 2, 3)
        connection.execute("COMMIT")
        assert not connection.in_transaction
        rows = connection.execute("SELECT n FROM said WHERE n >= :least ORDER BY n", {"least": 2})
        assert ((2,), [(3,)], None) == (rows.fetchone(), list(rows), rows.fetchone())
        with pytest.raises(sqlite3.Error):
            connection.execute("SELECT n FROM nowhere")


def test_a_torn_end_of_the_write_ahead_log_is_no_harm(tmp_path: Path) -> None:
    """Cut anywhere, the log holds a prefix of the commits."""
    path, torn = tmp_path / "log.db", tmp_path / "torn.db"

    def action() -> Connection:
        connection = LossyDisk(tmp_path / "unsynced").connect(path, DURABLE)
        say(connection, *range(20))
        return connection

    with opened(SystemDisk(), path):
        pass
    die_after(action)
    wal = (tmp_path / "log.db-wal").read_bytes()
    whole = []
    for size in range(0, len(wal) + 1, 1531):
        shutil.copy(path, torn)
        (tmp_path / "torn.db-wal").write_bytes(wal[:size])
        whole.append(left(torn))
    assert whole == [list(range(len(numbers))) for numbers in whole]
    assert sorted(whole, key=len) == whole
    assert list(range(20)) == left(path)
