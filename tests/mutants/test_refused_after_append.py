"""What becomes of a message by who is no member."""

from pathlib import Path

import pytest

from chatproof.mutants.refused_after_append import broken
from chatproof.reference_server.composition import healthy_parts
from chatproof.reference_server.core.commands import Answer, Refused
from chatproof.reference_server.core.fold import Fold
from tests.reference_server.roles.conversations.node import group, message, node, page, seq_of, submit

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def bodies_after_a_refusal(directory: Path, fold: Fold) -> list[str]:
    """What the members can read after a stranger's message was refused, twice with one key, and a member's not."""
    async with node(directory, fold=fold) as host:
        await seq_of(host, group(1, "a", "b"))
        strangers = message(2, "eve", body="by a stranger")
        for duplicate in (False, True):
            assert Answer(Refused("not_member"), duplicate) == await submit(host, strangers)
        await seq_of(host, message(3, body="by a member"))
        return [event.body for event in (await page(host, "g", "b")).events[1:]]


async def test_a_refused_message_is_there_all_the_same(tmp_path: Path) -> None:
    """Once; the healthy server keeps nothing of it."""
    parts = healthy_parts()
    assert ["by a member"] == await bodies_after_a_refusal(tmp_path / "healthy", parts.fold)
    found = await bodies_after_a_refusal(tmp_path / "broken", broken(parts).fold)
    assert ["by a stranger", "by a member"] == found
