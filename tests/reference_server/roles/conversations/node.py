"""A conversation host on the embedded engine, for tests: opened on a directory, asked in one line."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from chatproof.protocol.keys import uuid7
from chatproof.reference_server.core.commands import (
    Answer,
    Appended,
    ChangeMembership,
    Command,
    Create,
    Mark,
    SendMessage,
)
from chatproof.reference_server.core.fold import Fold, apply
from chatproof.reference_server.engines.embedded.engine import open_engine
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.host import FoldedBatch, Page
from chatproof.reference_server.ports.log import Log
from chatproof.reference_server.ports.store import Store
from chatproof.reference_server.roles.conversations import Conversations
from chatproof.reference_server.roles.conversations.bounds import Bounds

PARTITIONS = 3


def key(n: int) -> str:
    """The n-th key of today."""
    return uuid7(time.time_ns() // 86_400_000_000_000 * 86_400_000, n)


@contextlib.asynccontextmanager
async def node(
    directory: Path,
    *,
    fold: Fold = apply,
    bounds: Bounds = Bounds(),  # noqa: B008 (frozen)
    clock: Clock | None = None,
    wrap_log: Callable[[Log], Log] = lambda log: log,
    wrap_store: Callable[[Store], Store] = lambda store: store,
    close: bool = True,
) -> AsyncIterator[Conversations]:
    """A started host. `close=False`: only its files are released at the end, as a crash would."""
    engine = await open_engine(directory, partitions=PARTITIONS, clock=clock)
    log, store = wrap_log(engine.log), wrap_store(engine.store)
    host = Conversations(log, store, *engine[2:], fold=fold, bounds=bounds)
    await host.start()
    try:
        yield host
    finally:
        if close:
            await host.close()
        else:
            await engine.log.close()
            await engine.store.close()


def submit(host: Conversations, command: Command) -> asyncio.Future[Answer]:
    """Submit, and have the answer as a future; answered twice is an error."""
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    host.submit(command, answered.set_result)
    return answered


async def seq_of(host: Conversations, command: Command) -> int:
    """Submit what must be accepted, and give its seq."""
    outcome = (await submit(host, command)).outcome
    assert isinstance(outcome, Appended), outcome
    return outcome.seq


async def page(host: Conversations, stream: str, user: str, after: int = 0, limit: int = 500) -> Page:
    """A page forward."""
    return await host.read(stream, user, after=after, upto=None, limit=limit)


async def seqs(host: Conversations, stream: str, user: str) -> list[int]:
    """Every seq that the user sees."""
    return [event.seq for event in (await page(host, stream, user)).events]


class SettableClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_ns = time.time_ns()

    def monotonic_ns(self) -> int:
        """The hand."""
        return self.now_ns

    def wall_ns(self) -> int:
        """The same hand."""
        return self.now_ns


class Watcher:
    """An audience that keeps what it is told, in order, flushes included."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.batches: list[FoldedBatch] = []

    def folded(self, batch: FoldedBatch) -> None:
        """Keep the batch."""
        self.batches.append(batch)
        self.heard += [f"{event.key}/{event.event.seq}" for event in batch.events]
        self.heard += [f"{mark.conv}:{mark.marker.user}={mark.marker.delivered}" for mark in batch.marks]

    def flush(self) -> None:
        """Note it."""
        self.heard.append("flush")


def group(n: int, *members: str, conv: str = "g") -> Create:
    """Create a group of these members."""
    return Create(conv, members[0], key(n), "group", members)


def message(n: int, user: str = "a", body: str = "hello", conv: str = "g") -> SendMessage:
    """Send with the n-th key."""
    return SendMessage(conv, user, "phone", key(n), body)


def kick(n: int, user: str, target: str) -> ChangeMembership:
    """Remove a member of g."""
    return ChangeMembership("g", user, target, key(n), "kick")


def mark(user: str, delivered: int = 0, read: int = 0) -> Mark:
    """Raise markers in g."""
    return Mark("g", user, "phone", delivered, read)
