"""Which seqs a conversation has after a restart."""

from pathlib import Path

import pytest

from chatproof.mutants.hole_after_crash import broken
from chatproof.reference_server.composition import Parts, healthy_parts
from tests.reference_server.conformance.world import key, open_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def over_three_lives(directory: Path, parts: Parts) -> list[object]:
    """Where one message of each life stands, then what a late reader gets of it: seqs, and what is called hidden."""
    for life in range(3):
        async with open_world(directory, parts) as world:
            if life == 0:
                await world.group("g", "ann", "bob")
            await (await world.client("ann")).ok(send={"conv": "g", "u": key(), "body": "x"})
            bob = await world.client("bob")
            await bob.ok(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 1}})
            await bob.wait(lambda bob=bob: bool(bob.of("live")))  # type: ignore[misc]
            page = await bob.ok(history={"conv": "g"})
    walked, gaps = [event["seq"] for event in page["events"]], [gap["from_seq"] for gap in bob.of("gap")]
    return [walked, bob.seqs("g"), gaps, [gap["from_seq"] for gap in page.get("gaps", [])]]


async def test_each_restart_leaves_a_seq_that_nothing_takes(tmp_path: Path) -> None:
    """Readers are told that it is hidden; the healthy server goes on with the next."""
    assert [[1, 2, 3, 4], [2, 3, 4], [], []] == await over_three_lives(tmp_path / "healthy", healthy_parts())
    holes = [3, 5]
    assert [[1, 2, 4, 6], [2, 4, 6], holes, holes] == await over_three_lives(
        tmp_path / "broken", broken(healthy_parts())
    )
