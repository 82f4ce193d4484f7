"""Breaking a network link: partition, stall, reset or latency by Toxiproxy, seen by a probe that uses the link."""

from __future__ import annotations

from chatproof.chaos.errors import EffectNotSeen, ProbeSilent
from chatproof.chaos.faults import LinkFaultSpec
from chatproof.chaos.injectors.injection import TargetKind
from chatproof.chaos.links import Links
from chatproof.chaos.probe import Probe, wait_through
from chatproof.drivers.interface import Endpoint

CONNECT_S = 2.0
"""Longest time to connect the probe before the fault; later the probe would say more about the target than the link."""

SILENT_S = 0.3
"""A ping that is unanswered for so long is not getting through: hundreds of times the round trip on loopback."""

CUT_S = 2.0
MENDED_S = 10.0
"""Longest time to the first round trip after the link was mended; the same as the bound `recovery_ns`."""

MS = 1_000_000


class LinkInjection:
    """One link fault on one link; `through` is the target as seen through it."""

    target_kind: TargetKind = "link"

    def __init__(self, links: Links, spec: LinkFaultSpec, link: str, through: Endpoint) -> None:
        self.target = link
        self._links = links
        self._spec = spec
        self._through = through
        self._probe: Probe | None = None
        self._calm_ns = 0

    async def prepare(self) -> None:
        """Connect the probe and measure a round trip before the fault."""
        self._probe = await Probe.connect(self._through, CONNECT_S)
        self._calm_ns = await self._probe.round_trip(CONNECT_S)

    async def start(self) -> None:
        """Add the toxics and read them back."""
        await self._links.break_link(self.target, self._spec.kind, self._spec.latency_ms)

    async def effect(self) -> str:
        """Silence, a cut, or slow answers, by the kind of the fault."""
        if self._probe is None:
            raise EffectNotSeen("no probe was connected before the fault")
        if self._spec.kind == "reset":
            return await self._probe.wait_cut(CUT_S)
        if self._spec.kind == "latency":
            return await self._slow(self._probe)
        return await self._silent(self._probe)

    async def _silent(self, probe: Probe) -> str:
        """A ping stays unanswered."""
        try:
            took_ns = await probe.round_trip(SILENT_S)
        except ProbeSilent as silence:
            return f"{silence}, {self._calm_ns / MS:.2f} ms before the fault"
        raise EffectNotSeen(f"a round trip still succeeds, in {took_ns / MS:.2f} ms")

    async def _slow(self, probe: Probe) -> str:
        """A round trip takes the added time, both ways."""
        added_ms = 2 * self._spec.latency_ms
        took_ns = await probe.round_trip(CUT_S + added_ms / 1000)
        if took_ns < added_ms * MS:
            raise EffectNotSeen(f"a round trip takes {took_ns / MS:.2f} ms, less than the added {added_ms} ms")
        return f"a round trip takes {took_ns / MS:.2f} ms, {self._calm_ns / MS:.2f} ms before the fault"

    async def stop(self) -> None:
        """Remove the toxics and read that they are gone."""
        await self._links.mend_link(self.target, self._spec.kind)

    async def mended(self) -> str:
        """A new connection through the link makes a round trip."""
        return f"round trip in {await wait_through(self._through, MENDED_S) / MS:.2f} ms"

    async def release(self) -> None:
        """Drop the probe."""
        if self._probe is not None:
            await self._probe.aclose()
