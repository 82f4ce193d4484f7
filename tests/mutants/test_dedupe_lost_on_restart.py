"""What a retry gets after a restart."""

from pathlib import Path

import pytest

from chatproof.mutants.dedupe_lost_on_restart import broken
from chatproof.reference_server.composition import Parts, healthy_parts
from tests.reference_server.conformance.world import key, open_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def sent_twice(directory: Path, parts: Parts) -> list[int]:
    """The seqs that one send is answered with before a restart, again before it, and after it."""
    send = {"conv": "g", "u": key(), "body": "x"}
    async with open_world(directory, parts) as world:
        await world.group("g", "ann", "bob")
        ann = await world.client("ann")
        before = [(await ann.ok(send=send))["seq"] for _ in range(2)]
    async with open_world(directory, parts) as world:
        return [*before, (await (await world.client("ann")).ok(send=send))["seq"]]


async def test_a_key_is_forgotten_by_a_restart(tmp_path: Path) -> None:
    """It is remembered until then; the healthy server remembers it beyond."""
    assert [2, 2, 2] == await sent_twice(tmp_path / "healthy", healthy_parts())
    assert [2, 2, 3] == await sent_twice(tmp_path / "broken", broken(healthy_parts()))
