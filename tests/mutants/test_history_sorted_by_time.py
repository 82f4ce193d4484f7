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


async def order(directory: Path, parts: Parts, limit: int) -> list[tuple[str, int]]:
    """Who sent what, on a page of eight times three messages of one millisecond: one by b between two by a."""
    clock = SettableClock()
    host = parts.host(await open_engine(directory, clock=clock), parts.fold)
    await host.start()
    try:
        await seq_of(host, group(1, "a", "b"))
        for n in range(8):
            clock.now_ns += 1_000_000
            for entropy, user in enumerate("aba"):
                sent = SendMessage("g", user, "phone", uuid7(clock.now_ns // 1_000_000, 3 * n + entropy), "x")
                await seq_of(host, sent)
        return [(event.by, event.seq) for event in (await page(host, "g", "b", 1, limit)).events]
    finally:
        await host.close()


async def test_users_of_one_millisecond_stand_in_any_order(tmp_path: Path) -> None:
    """Only on a page of history: a resume has them in order, and so has the healthy server everywhere."""
    as_sent = [("aba"[n % 3], 2 + n) for n in range(24)]
    assert as_sent == await order(tmp_path / "healthy", healthy_parts(), 30)
    assert as_sent == await order(tmp_path / "resumed", broken(healthy_parts()), RESUME_PAGE)
    sorted_by_time = await order(tmp_path / "broken", broken(healthy_parts()), 30)
    assert as_sent != sorted_by_time
    for user in "ab":
        assert [item for item in as_sent if item[0] == user] == [item for item in sorted_by_time if item[0] == user]
