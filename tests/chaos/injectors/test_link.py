"""Link faults on a real Toxiproxy before a real target: applied, seen from outside, undone, mended."""

import pytest

from chatproof.chaos.errors import EffectNotSeen, ProbeCut
from chatproof.chaos.faults import At, LinkFault, LinkFaultSpec
from chatproof.chaos.injectors.link import LinkInjection
from chatproof.chaos.links import Links
from chatproof.drivers.interface import Endpoint

pytestmark = pytest.mark.slow

STRANGERS = pytest.mark.parametrize("strangers", ["welcome", "refused"])
"""A target that lets a probe in, and one that turns it away: either shows what acts."""


def injection(links: Links, through: dict[str, Endpoint], kind: LinkFault, latency_ms: int = 0) -> LinkInjection:
    """One fault on link-0."""
    spec = LinkFaultSpec(kind, ("link-0",), At(0), 1.0, latency_ms)
    return LinkInjection(links, spec, "link-0", through["link-0"].ws)


@pytest.mark.trio
@STRANGERS
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("partition", "no answer within 300 ms"),
        ("stall", "no answer within 300 ms"),
        ("reset", "the connection was"),
        ("latency", "a round trip takes"),
    ],
)
async def test_each_fault_is_seen_and_mended(
    links: Links, through: dict[str, Endpoint], kind: LinkFault, words: str
) -> None:
    """The probe sees the effect in its own way, and a round trip afterwards; no toxic is left."""
    fault = injection(links, through, kind, 20)
    await fault.prepare()
    await fault.start()
    assert words in await fault.effect()
    await fault.stop()
    assert "round trip in" in await fault.mended()
    await fault.release()
    assert [] == await links.leftovers()


@pytest.mark.trio
@STRANGERS
async def test_an_effect_that_is_not_there_is_not_seen(links: Links, through: dict[str, Endpoint]) -> None:
    """A partition that was never applied, and a latency that adds nothing, are never called seen."""
    partition, latency = injection(links, through, "partition"), injection(links, through, "latency", 200)
    for fault in (partition, latency):
        await fault.prepare()
        with pytest.raises(EffectNotSeen, match="a round trip"):
            await fault.effect()
        await fault.release()


@pytest.mark.trio
async def test_without_a_probe_nothing_is_seen(links: Links, through: dict[str, Endpoint]) -> None:
    """A fault whose probe could not be connected before has no effect that counts."""
    fault = injection(links, through, "partition")
    await fault.start()
    with pytest.raises(EffectNotSeen, match="no probe was connected"):
        await fault.effect()
    await fault.stop()
    await fault.release()


@pytest.mark.trio
async def test_a_fault_hits_its_own_link_only(links: Links, through: dict[str, Endpoint]) -> None:
    """While link-0 is partitioned a probe through link-1 gets through."""
    fault = injection(links, through, "partition")
    neighbour = LinkInjection(links, LinkFaultSpec("stall", ("link-1",), At(0), 1.0), "link-1", through["link-1"].ws)
    await fault.prepare()
    await fault.start()
    assert "round trip in" in await neighbour.mended()
    await fault.stop()
    await fault.release()


@pytest.mark.trio
async def test_a_healed_partition_costs_a_reconnect(links: Links, through: dict[str, Endpoint]) -> None:
    """Removing the black hole closes the connections that were in it; a stall's are kept and lose nothing."""
    partition, stall = injection(links, through, "partition"), injection(links, through, "stall")
    await partition.prepare()
    await partition.start()
    await partition.stop()
    with pytest.raises(ProbeCut):
        await partition.effect()
    await partition.release()
    await stall.prepare()
    await stall.start()
    assert "no answer" in await stall.effect()
    await stall.stop()
    with pytest.raises(EffectNotSeen, match="a round trip still succeeds"):
        await stall.effect()
    await stall.release()
