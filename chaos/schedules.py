"""Fault schedules as pure functions of a seed: the same seed and names always give the same schedule."""

from __future__ import annotations

import random
from collections.abc import Sequence

from chatproof.chaos.faults import At, FaultSchedule, LinkFault, LinkFaultSpec, On, ProcessFault, ProcessFaultSpec

TRIGGER_LATE_S = 5.0
"""How long after its planned time a trigger may still come: a burst waits for acks, and under load they are late."""


def default_schedule(seed: int, links: Sequence[str], nodes: Sequence[str]) -> FaultSchedule:
    """The timeline of scenario `default`: 20-30 s partition of a third of the links, 31-35 s stall of one link and
    reset of another, a kill at the trigger `kill-0` (planned at 37 s), everything undone by 45 s.

    Args:
        links: at least two names. The links that are stalled and reset are drawn among those that were not
            partitioned, where there are two such.
    """
    draw = random.Random(f"default {seed}")
    partitioned = tuple(sorted(draw.sample(list(links), max(1, len(links) // 3))))
    spared = [link for link in links if link not in partitioned]
    stalled, reset = draw.sample(spared if len(spared) >= 2 else list(links), 2)
    return FaultSchedule(
        faults=(
            LinkFaultSpec("partition", partitioned, At(20.0), 10.0),
            LinkFaultSpec("stall", (stalled,), At(31.0), 4.0),
            LinkFaultSpec("reset", (reset,), At(32.0), 1.0),
            _kill(0, draw.choice(nodes), 37.0),
        ),
        heal_s=45.0,
    )


def kill_storm_schedule(seed: int, nodes: Sequence[str], *, kills: int, every_s: float) -> FaultSchedule:
    """`kills` kills, one every `every_s` seconds from `every_s` on, each at its trigger `kill-<k>`; nodes are drawn."""
    draw = random.Random(f"kill-storm {seed}")
    faults = tuple(_kill(k, draw.choice(nodes), every_s * (k + 1)) for k in range(kills))
    return FaultSchedule(faults=faults, heal_s=every_s * kills + TRIGGER_LATE_S)


def kills_only(seed: int, nodes: Sequence[str], at_s: Sequence[float]) -> FaultSchedule:
    """A kill at each of the triggers `kill-<k>`, planned at these times: for a mutant that a crash shows."""
    draw = random.Random(f"kills {seed}")
    faults = tuple(_kill(k, draw.choice(nodes), planned_s) for k, planned_s in enumerate(at_s))
    return FaultSchedule(faults=faults, heal_s=max(at_s) + TRIGGER_LATE_S)


def power_loss_schedule(seed: int, nodes: Sequence[str], *, at_s: Sequence[float]) -> FaultSchedule:
    """The loss of one drawn node's unsynced writes at each of the triggers `kill-<k>`, planned at these times."""
    draw = random.Random(f"power-loss {seed}")
    faults = tuple(_kill(k, draw.choice(nodes), planned_s, "unsynced_lost") for k, planned_s in enumerate(at_s))
    return FaultSchedule(faults=faults, heal_s=max(at_s) + TRIGGER_LATE_S)


def one_link_fault(seed: int, links: Sequence[str], kind: LinkFault, *, at_s: float, for_s: float) -> FaultSchedule:
    """One partition, stall or reset of one drawn link: for a mutant that a broken network shows."""
    link = random.Random(f"{kind} {seed}").choice(links)
    return FaultSchedule(faults=(LinkFaultSpec(kind, (link,), At(at_s), for_s),), heal_s=at_s + for_s)


def _kill(number: int, node: str, planned_s: float, kind: ProcessFault = "kill") -> ProcessFaultSpec:
    """A kill, or a worse one, at its trigger, which may come late."""
    return ProcessFaultSpec(kind, node, On(f"kill-{number}", planned_s + TRIGGER_LATE_S))
