"""What another body under a used key gets."""

from pathlib import Path

import pytest

from chatproof.mutants.other_body_accepted import broken
from chatproof.reference_server.composition import healthy_parts
from chatproof.reference_server.core.commands import Answer, Appended, Refused
from chatproof.reference_server.core.fold import Fold
from tests.reference_server.roles.conversations.node import group, message, node, seq_of, submit

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def other_body(directory: Path, fold: Fold) -> Answer:
    """The answer to a second body under one key; the first one, tried again before it, is a repetition."""
    async with node(directory, fold=fold) as host:
        await seq_of(host, group(1, "a", "b"))
        first = message(2, body="first")
        assert [2, 2] == [await seq_of(host, first), await seq_of(host, first)]
        return await submit(host, message(2, body="second"))


async def test_another_body_under_a_used_key_is_a_new_message(tmp_path: Path) -> None:
    """The healthy server refuses it."""
    parts = healthy_parts()
    assert Answer(Refused("different_body")) == await other_body(tmp_path / "healthy", parts.fold)
    accepted = (await other_body(tmp_path / "broken", broken(parts).fold)).outcome
    assert isinstance(accepted, Appended)
    assert 3 == accepted.seq
