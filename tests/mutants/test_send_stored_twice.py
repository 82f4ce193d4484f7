"""What the conversation holds after a link was lost just behind an answer."""

from pathlib import Path

import pytest

from chatproof.mutants.send_stored_twice import broken
from chatproof.reference_server.composition import healthy_parts
from tests.reference_server.conformance.world import key, open_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_message_of_a_lost_link_is_stored_twice(tmp_path: Path) -> None:
    """The message of a link that stands is stored once."""
    async with open_world(tmp_path, broken(healthy_parts())) as world:
        await world.group("g", "ann", "bob")
        ann, bob = await world.client("ann"), await world.client("bob", "phone", "g")
        await bob.ok(send={"conv": "g", "u": key(), "body": "from a link that stands"})
        await ann.ok(send={"conv": "g", "u": key(), "body": "from a link that is lost"})
        ann.socket.transport.abort()
        await bob.wait(lambda: len(bob.events("g")) == 3)
        stands, lost, again = bob.events("g")
        assert ("from a link that stands", "from a link that is lost") == (stands["body"], lost["body"])
        assert lost["body"] == again["body"]
        assert lost["u"] != again["u"]
