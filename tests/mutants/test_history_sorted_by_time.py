"""In which order a page of history has its events."""

from pathlib import Path

import pytest

from chatproof.mutants.history_sorted_by_time import broken
from chatproof.protocol.keys import uuid7
from chatproof.reference_server.composition import Parts, healthy_parts
from chatproof.reference_server.core.commands import SendMessage
from chatproof.reference_server.engines.embedded.engine import open_engine
from chatproof.reference_server.roles.gateway.bounds import RESUME_PAGE
from tests.reference_server.roles.conversations.node import SettableClock, group, page, seq_of

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def order(directory: Path, parts: Parts, limit: int) -> list[int]:
    """The seqs of a page of three messages: two in one millisecond with falling keys, then one a millisecond later."""
    clock = SettableClock()
    host = parts.host(await open_engine(directory, clock=clock), parts.fold)
    await host.start()
    try:
        await seq_of(host, group(1, "a", "b"))
        for entropy, later_ns in ((9, 1_000_000), (5, 0), (1, 1_000_000)):
            clock.now_ns += later_ns
            await seq_of(host, SendMessage("g", "a", "phone", uuid7(clock.now_ns // 1_000_000, entropy), "x"))
        return [event.seq for event in (await page(host, "g", "b", 1, limit)).events]
    finally:
        await host.close()


async def test_messages_of_one_millisecond_stand_in_any_order(tmp_path: Path) -> None:
    """Only on a page of history: a resume has them in order, and so has the healthy server everywhere."""
    assert [2, 3, 4] == await order(tmp_path / "healthy", healthy_parts(), 10)
    assert [3, 2, 4] == await order(tmp_path / "broken", broken(healthy_parts()), 10)
    assert [2, 3, 4] == await order(tmp_path / "resumed", broken(healthy_parts()), RESUME_PAGE)
