"""What falls between a catch-up and the subscription that follows it."""

import asyncio

import pytest

from chatproof.mutants.catchup_before_subscribe import broken
from chatproof.reference_server.composition import healthy_parts
from tests.reference_server.roles.gateway.bench import Bench, FakeReader

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def asked(reader: FakeReader) -> None:
    """Wait until the next read is asked for: the resume has no other sign of going on."""
    async with asyncio.timeout(5):
        while not reader.asked:
            await asyncio.sleep(0.01)


async def test_an_event_between_the_page_and_the_subscription_is_lost_in_silence() -> None:
    """Neither the event nor a gap is sent, and `live` names a position beyond it."""
    bench = Bench(resume=broken(healthy_parts()).resume)
    bench.host.group("g", "ann", "bob")
    ann, bob = bench.client("ann"), bench.client("bob")
    bench.say(ann, "g")
    bob.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 1}})
    bench.reader.answer()
    bench.say(ann, "g")
    await asked(bench.reader)
    bench.reader.answer()
    bench.say(ann, "g")
    pushes = [line for line in bob.sent() if "id" not in line]
    assert ["ev", "live", "ev"] == [next(iter(line)) for line in pushes]
    assert (2, 3, 4) == (pushes[0]["ev"]["seq"], pushes[1]["live"]["cursor"]["seq"], pushes[2]["ev"]["seq"])
