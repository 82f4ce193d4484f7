"""What a device sees of two messages that are committed together."""

import json
from pathlib import Path

import pytest

from chatproof.mutants.larger_seq_first import broken
from chatproof.reference_server.composition import Parts, healthy_parts
from tests.reference_server.conformance.world import key, open_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def seen(directory: Path, parts: Parts) -> list[int]:
    """The seqs that bob gets, in order, of two messages that ann sends in one frame."""
    async with open_world(directory, parts) as world:
        await world.group("g", "ann", "bob")
        ann, bob = await world.client("ann"), await world.client("bob", "phone", "g")
        lines = [{"id": n, "send": {"conv": "g", "u": key(), "body": str(n)}} for n in (101, 102)]
        await ann.socket.send("\n".join(map(json.dumps, lines)))
        await bob.wait(lambda: len(bob.seqs("g")) == 2)
        return list(bob.seqs("g"))


async def test_events_of_one_commit_come_in_falling_order(tmp_path: Path) -> None:
    """The healthy server pushes them as they are numbered."""
    assert [2, 3] == await seen(tmp_path / "healthy", healthy_parts())
    assert [3, 2] == await seen(tmp_path / "broken", broken(healthy_parts()))
