"""What the live link of a removed member gets."""

from pathlib import Path

import pytest

from chatproof.mutants.removed_member_served import broken
from chatproof.reference_server.composition import Parts, healthy_parts
from tests.reference_server.conformance.world import key, open_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def seen_by_bob(directory: Path, parts: Parts) -> list[str]:
    """The kinds of event that bob's link gets until a message after his removal has reached cleo."""
    async with open_world(directory, parts) as world:
        await world.group("g", "ann", "bob", "cleo")
        ann, bob, cleo = [await world.client(user, "phone", "g") for user in ("ann", "bob", "cleo")]
        await ann.ok(kick={"conv": "g", "u": key(), "user": "bob"})
        await ann.ok(send={"conv": "g", "u": key(), "body": "secret"})
        await cleo.wait(lambda: 2 == len(cleo.events("g")))
        await bob.ok(ping={})
        return [event["kind"] for event in bob.events("g")]


async def test_a_removed_member_still_gets_messages(tmp_path: Path) -> None:
    """The healthy server's last word to who was removed is the removal."""
    assert ["kick"] == await seen_by_bob(tmp_path / "healthy", healthy_parts())
    assert ["kick", "message"] == await seen_by_bob(tmp_path / "broken", broken(healthy_parts()))
