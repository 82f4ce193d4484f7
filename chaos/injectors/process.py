"""Breaking a process of the target: kill -9 with an immediate restart, or a pause, seen by a probe without any link."""

from __future__ import annotations

import time

from chatproof.chaos.cluster import Cluster
from chatproof.chaos.errors import EffectNotSeen, ProbeCut, ProbeSilent
from chatproof.chaos.injectors.injection import TargetKind
from chatproof.chaos.probe import Probe, wait_through

CONNECT_S = 2.0
REFUSED_S = 0.3
"""Longest time until the kernel refuses a connection to a port whose process is gone; at once on loopback."""

SILENT_S = 0.3
"""A ping that a paused process does not answer for so long: hundreds of times the round trip on loopback."""

READY_S = 30.0
"""Longest time to the first round trip after a restart or a continue. Whether that was too long is judged elsewhere."""

MS = 1_000_000


class KillInjection:
    """kill -9 of one node; undone by starting it again with the same command."""

    target_kind: TargetKind = "process"

    def __init__(self, cluster: Cluster, node: str) -> None:
        self.target = node
        self._cluster = cluster
        self._url = cluster.command(node).endpoint.ws
        self._killed = False

    async def prepare(self) -> None:
        """Nothing: the probe is a connection that is tried after the kill."""

    async def start(self) -> None:
        """Kill at once, then wait for the kernel's word; that word is the confirmation."""
        self._cluster.kill_nowait(self.target)
        self._killed = True
        await self._cluster.wait_killed(self.target)

    async def effect(self) -> str:
        """A new connection is refused; by whatever answers there it is not."""
        try:
            probe = await Probe.connect(self._url, REFUSED_S)
        except ProbeCut as refused:
            return str(refused)
        await probe.aclose()
        raise EffectNotSeen(f"something still answers at {self._url}")

    async def stop(self) -> None:
        """Start the node again; nothing to do if it was never killed. A `start` cut short may not have seen the end."""
        if self._killed:
            if self.target not in self._cluster.ended():
                await self._cluster.wait_killed(self.target)
            self._cluster.restart(self.target)

    async def mended(self) -> str:
        """The node is ready and a round trip succeeds."""
        start_ns = time.monotonic_ns()
        await self._cluster.wait_ready(self.target, READY_S)
        took_ns = await wait_through(self._url, READY_S)
        total_ns = time.monotonic_ns() - start_ns
        return f"ready and round trip in {took_ns / MS:.2f} ms, {total_ns / MS:.0f} ms after the restart"

    async def release(self) -> None:
        """Nothing is held."""


class PauseInjection:
    """SIGSTOP of one node; undone by SIGCONT."""

    target_kind: TargetKind = "process"

    def __init__(self, cluster: Cluster, node: str) -> None:
        self.target = node
        self._cluster = cluster
        self._url = cluster.command(node).endpoint.ws
        self._probe: Probe | None = None

    async def prepare(self) -> None:
        """Connect the probe: a paused process still accepts in the kernel, so only an open connection tells."""
        self._probe = await Probe.connect(self._url, CONNECT_S)
        await self._probe.round_trip(CONNECT_S)

    async def start(self) -> None:
        """Pause, and wait until the kernel shows it."""
        await self._cluster.pause(self.target)

    async def effect(self) -> str:
        """A ping stays unanswered."""
        if self._probe is None:
            raise EffectNotSeen("no probe was connected before the fault")
        try:
            took_ns = await self._probe.round_trip(SILENT_S)
        except ProbeSilent as silence:
            return str(silence)
        raise EffectNotSeen(f"a round trip still succeeds, in {took_ns / MS:.2f} ms")

    async def stop(self) -> None:
        """Continue, and wait until the kernel shows it."""
        await self._cluster.resume(self.target)

    async def mended(self) -> str:
        """A round trip succeeds."""
        return f"round trip in {await wait_through(self._url, READY_S) / MS:.2f} ms"

    async def release(self) -> None:
        """Drop the probe."""
        if self._probe is not None:
            await self._probe.aclose()
