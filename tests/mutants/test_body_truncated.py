"""What is kept of a long message."""

from pathlib import Path

import pytest

from chatproof.mutants.body_truncated import COLUMN_BYTES, broken
from chatproof.reference_server.composition import healthy_parts
from chatproof.reference_server.core.fold import Fold
from tests.reference_server.roles.conversations.node import group, message, node, page, seq_of

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SHORT = "x" * COLUMN_BYTES
LONG = "x" * (COLUMN_BYTES - 1) + "über"


async def read_back(directory: Path, fold: Fold) -> list[str]:
    """The bodies of a message that just fits and of one that does not, as history has them."""
    async with node(directory, fold=fold) as host:
        await seq_of(host, group(1, "a", "b"))
        for n, body in enumerate((SHORT, LONG), 2):
            await seq_of(host, message(n, body=body))
        return [event.body for event in (await page(host, "g", "b")).events[1:]]


async def test_the_end_of_a_long_message_is_missing(tmp_path: Path) -> None:
    """It is cut in the middle of a character, which goes too; the healthy server keeps all of it."""
    parts = healthy_parts()
    assert [SHORT, LONG] == await read_back(tmp_path / "healthy", parts.fold)
    assert [SHORT, "x" * (COLUMN_BYTES - 1)] == await read_back(tmp_path / "broken", broken(parts).fold)
