"""What a retry is told after its user was removed."""

from pathlib import Path

import pytest

from chatproof.mutants.membership_before_dedupe import broken
from chatproof.reference_server.composition import healthy_parts
from chatproof.reference_server.core.commands import Answer, Appended, Refused
from chatproof.reference_server.core.fold import Fold
from tests.reference_server.roles.conversations.node import group, kick, message, node, seq_of, submit

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def retried_after_a_kick(directory: Path, fold: Fold) -> Answer:
    """The answer to the retry of a send that took effect before its user was removed."""
    async with node(directory, fold=fold) as host:
        await seq_of(host, group(1, "a", "b"))
        await seq_of(host, message(2, "b"))
        await seq_of(host, kick(3, "a", "b"))
        return await submit(host, message(2, "b"))


async def test_a_retry_after_a_kick_is_refused(tmp_path: Path) -> None:
    """The healthy server repeats its first answer."""
    parts = healthy_parts()
    first = await retried_after_a_kick(tmp_path / "healthy", parts.fold)
    assert isinstance(first.outcome, Appended)
    assert first.duplicate
    assert Answer(Refused("not_member")) == await retried_after_a_kick(tmp_path / "broken", broken(parts).fold)
