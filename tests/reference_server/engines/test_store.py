"""The embedded store: its port's contract, the tables of the specification, and failing disks."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path

import pytest

from chatproof.reference_server.engines.embedded.disk import SystemDisk
from chatproof.reference_server.engines.embedded.store import EmbeddedStore, open_store
from chatproof.reference_server.ports.crash import NoCrash
from chatproof.reference_server.ports.store import ConversationRow, MarkerRow, StoreError
from tests.reference_server.engines.store_contract import CONTRACT, CREATE, HELLO, OpenStore, batch


@contextlib.asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[EmbeddedStore]:
    """The store of a directory."""
    store = await open_store(SystemDisk(), directory / "store.db", NoCrash())
    try:
        yield store
    finally:
        await store.close()


@pytest.mark.parametrize("clause", CONTRACT, ids=lambda clause: clause.__name__)
def test_the_contract_holds(clause: Callable[[OpenStore], Coroutine[None, None, None]], tmp_path: Path) -> None:
    """Each clause of the store's contract."""
    asyncio.run(clause(lambda: opened(tmp_path)))


def test_an_older_conversation_never_replaces_a_newer(tmp_path: Path) -> None:
    """Rows carry their seq; markers only rise."""

    async def run() -> None:
        async with opened(tmp_path) as store:
            for seq, delivered in ((3, 2), (1, 1)):
                members = ["a", "b"][: 2 if seq == 1 else 1]
                rows = [ConversationRow("g", "group", members, seq)]
                store.put_nowait(batch(conversations=rows, markers=[MarkerRow("g", "b", delivered, 0)]))
            await store.drained()

    asyncio.run(run())
    assert [('["a"]', "group")] == query(tmp_path, "SELECT members, type FROM conversations WHERE id = 'g'")
    assert [(2, 0)] == query(tmp_path, "SELECT delivered, read FROM markers")


@pytest.mark.parametrize(
    ("markers", "status"),
    [
        ([], "sent"),
        ([MarkerRow("g", "b", 2, 0)], "sent"),
        ([MarkerRow("g", "b", 2, 0), MarkerRow("g", "c", 3, 0)], "delivered"),
        ([MarkerRow("g", "b", 2, 2), MarkerRow("g", "c", 3, 3)], "read"),
        ([MarkerRow("g", "a", 3, 3), MarkerRow("g", "b", 2, 2)], "sent"),
    ],
)
def test_status_is_derived_from_the_others_markers(markers: Sequence[MarkerRow], status: str, tmp_path: Path) -> None:
    """delivered or read once it is so for every member but the sender."""

    async def run() -> None:
        async with opened(tmp_path) as store:
            conversations = [ConversationRow("g", "group", ["a", "b", "c"], 1)]
            store.put_nowait(batch(CREATE, HELLO, conversations=conversations, markers=markers))
            await store.drained()

    asyncio.run(run())
    expected = [("g", 2, "a", 11, "hello ☃\0", status)]
    assert expected == query(tmp_path, "SELECT conv_id, msg_id, sender, ts, body, status FROM messages")


def test_a_failed_write_is_kept_and_tried_again(tmp_path: Path) -> None:
    """While another process locks the file nothing is claimed; afterwards nothing is missing."""

    async def run() -> None:
        async with opened(tmp_path) as store:
            told: list[object] = []
            store.on_passed(told.append)
            execute(tmp_path, "ALTER TABLE watermarks RENAME TO elsewhere")
            store.put_nowait(batch(CREATE, watermark=1))
            with pytest.raises(StoreError, match="cannot be written"):
                await store.drained()
            assert [] == told
            execute(tmp_path, "ALTER TABLE elsewhere RENAME TO watermarks")
            store.put_nowait(batch(HELLO, watermark=2))
            await store.drained()
            assert [{0: 2}] == told
            assert [CREATE, HELLO] == await store.events("g", 1, 9)

    asyncio.run(run())


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    """The file is named in one sentence."""
    (tmp_path / "store.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match=r"store\.db"):
        asyncio.run(open_store(SystemDisk(), tmp_path / "store.db", NoCrash()))


def query(directory: Path, sql: str) -> list[tuple[object, ...]]:
    """Rows of the store's file, as another program sees them."""
    with contextlib.closing(sqlite3.connect(directory / "store.db")) as connection:
        return connection.execute(sql).fetchall()


def execute(directory: Path, sql: str) -> None:
    """Change the store's file from outside."""
    with contextlib.closing(sqlite3.connect(directory / "store.db")) as connection, connection:
        connection.execute(sql)
