"""What the nemesis asks of every way of breaking one target (an *injection*, used once), and of the world it is in."""

from __future__ import annotations

from typing import Literal, Protocol

from chatproof.chaos.faults import FaultSpec

TargetKind = Literal["link", "process", "disk", "clock"]


class Injection(Protocol):
    """One fault on one target. The nemesis calls the methods in the order given here; each raises `ChaosError`.

    `stop` and `release` are called whatever happened before, also after a `start` that failed or was cancelled half
    way, and under a shield with a bound.
    """

    target_kind: TargetKind
    target: str

    async def prepare(self) -> None:
        """Get a probe ready, so that nothing slow stands between the instant or trigger of the start and the fault."""
        ...

    async def start(self) -> None:
        """Break the target, as the first thing; returns once that is confirmed."""
        ...

    async def effect(self) -> str:
        """Wait until a probe sees the effect from outside; returns in words what it saw."""
        ...

    async def stop(self) -> None:
        """Undo; returns once it is confirmed that the fault itself is gone. Nothing to undo is no error."""
        ...

    async def mended(self) -> str:
        """Wait until a round trip succeeds; returns in words what was seen."""
        ...

    async def release(self) -> None:
        """Drop the probe."""
        ...


class World(Protocol):
    """Everything that can be broken in one run."""

    def injection(self, spec: FaultSpec, target: str) -> Injection:
        """A fresh injection of a fault on one of its targets. Raises `ChaosError` where there is no such target."""
        ...

    async def mend_everything(self) -> None:
        """Undo whatever is still broken, by looking; raises `ChaosError` if something stays broken."""
        ...
