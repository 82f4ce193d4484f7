"""What a walk through history in small pages returns."""

from pathlib import Path

import pytest

from chatproof.mutants.page_border_skips import broken
from chatproof.reference_server.composition import Parts, healthy_parts
from chatproof.reference_server.engines.embedded.engine import open_engine
from tests.reference_server.roles.conversations.node import SettableClock, group, message, page, seq_of

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
SECOND_NS = 1_000_000_000


async def walked(directory: Path, parts: Parts, limit: int) -> list[int]:
    """The seqs that pages of this size return of a group whose seqs come in pairs, each pair in a second of its own."""
    clock = SettableClock()
    clock.now_ns -= clock.now_ns % SECOND_NS
    host = parts.host(await open_engine(directory, clock=clock), parts.fold)
    await host.start()
    found: list[int] = []
    try:
        await seq_of(host, group(1, "a", "b"))
        for n in range(2, 9):
            clock.now_ns += SECOND_NS * (n % 2)
            await seq_of(host, message(n))
        after, complete = 0, False
        while not complete:
            part = await page(host, "g", "b", after, limit)
            found += [event.seq for event in part.events]
            after, complete = part.covered, part.complete
    finally:
        await host.close()
    return found


async def test_what_shares_the_second_of_a_page_border_is_skipped(tmp_path: Path) -> None:
    """Pages of two end with a pair and lose nothing, pages of three cut pairs in two; the healthy server loses none."""
    assert list(range(1, 9)) == await walked(tmp_path / "healthy", healthy_parts(), 3)
    assert list(range(1, 9)) == await walked(tmp_path / "pairs", broken(healthy_parts()), 2)
    assert [1, 2, 3, 5, 6, 7] == await walked(tmp_path / "broken", broken(healthy_parts()), 3)
