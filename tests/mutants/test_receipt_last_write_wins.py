"""What a receipt below an earlier one does."""

from pathlib import Path

import pytest

from chatproof.mutants.receipt_last_write_wins import broken
from chatproof.reference_server.composition import healthy_parts
from chatproof.reference_server.core.fold import Fold
from tests.reference_server.roles.conversations.node import group, mark, message, node, seq_of, submit

pytestmark = pytest.mark.anyio


async def read_marker(directory: Path, fold: Fold) -> int:
    """The read marker of a user who said 3, then 2."""
    async with node(directory, fold=fold) as host:
        await seq_of(host, group(1, "a", "b"))
        for n in (2, 3):
            await seq_of(host, message(n))
        for read in (3, 2):
            await submit(host, mark("b", read, read))
        return host.marker_of("g", "b").read


@pytest.mark.slow
async def test_the_later_receipt_counts_although_it_is_lower(tmp_path: Path) -> None:
    """The healthy server keeps the higher one."""
    parts = healthy_parts()
    assert 3 == await read_marker(tmp_path / "healthy", parts.fold)
    assert 2 == await read_marker(tmp_path / "broken", broken(parts).fold)
