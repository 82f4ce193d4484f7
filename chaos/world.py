"""Everything that can be broken in a run on one machine: its links and the processes of its target."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatproof.chaos.cluster import Cluster
from chatproof.chaos.errors import ChaosError
from chatproof.chaos.faults import ClockFaultSpec, FaultSpec, LinkFaultSpec, ProcessFault
from chatproof.chaos.injectors.clock import ClockInjection
from chatproof.chaos.injectors.disk import UnsyncedLostInjection
from chatproof.chaos.injectors.injection import Injection
from chatproof.chaos.injectors.link import LinkInjection
from chatproof.chaos.injectors.process import KillInjection, PauseInjection
from chatproof.chaos.links import Links
from chatproof.drivers.interface import Endpoint

_PROCESS: dict[ProcessFault, Callable[[Cluster, str], Injection]] = {
    "kill": KillInjection,
    "pause": PauseInjection,
    "unsynced_lost": UnsyncedLostInjection,
}


class LocalWorld:
    """Links made by `Links.create` (`through`: link name → what it returned) and the nodes of a local cluster."""

    def __init__(self, links: Links, cluster: Cluster, through: Mapping[str, Endpoint]) -> None:
        self._links = links
        self._cluster = cluster
        self._through = through

    def injection(self, spec: FaultSpec, target: str) -> Injection:
        """A fresh injection of a fault on one link, node or clock."""
        if isinstance(spec, LinkFaultSpec):
            if target not in self._through:
                raise ChaosError(f"there is no link {target}")
            return LinkInjection(self._links, spec, target, self._through[target])
        if isinstance(spec, ClockFaultSpec):
            return ClockInjection(self._cluster.command(target), spec)
        return _PROCESS[spec.kind](self._cluster, target)

    async def mend_everything(self) -> None:
        """Continue what is paused, remove every toxic, open every proxy."""
        for node in self._cluster.paused():
            await self._cluster.resume(node)
        await self._links.mend_all()
