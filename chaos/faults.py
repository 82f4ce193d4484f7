"""A fault is data: what, on which target, from when (or on which trigger), for how long."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

LinkFault = Literal["partition", "stall", "reset", "latency"]
ProcessFault = Literal["kill", "pause", "unsynced_lost"]


class At(Struct, frozen=True, tag="at"):
    """Starts this many seconds after main begins."""

    s: float


class On(Struct, frozen=True, tag="on"):
    """Starts when every plane has signalled this trigger; `deadline_s` after main begins it counts as never started."""

    trigger: str
    deadline_s: float


class LinkFaultSpec(Struct, frozen=True, tag="link"):
    """A fault on network links, for `duration_s`.

    partition: nothing passes, both ways, connections stay open (Toxiproxy timeout 0); stall: nothing passes but
    nothing is lost (bandwidth 0); reset: every open connection is reset, once; latency: `latency_ms` each way.
    """

    kind: LinkFault
    links: tuple[str, ...]
    start: At
    duration_s: float
    latency_ms: int = 0


class ProcessFaultSpec(Struct, frozen=True, tag="process"):
    """kill: kill -9 and start again at once; pause: SIGSTOP for `duration_s`; unsynced_lost: power loss, by kill -9
    of a process whose storage holds in its memory what was not synced, and start again at once."""

    kind: ProcessFault
    node: str
    start: At | On
    duration_s: float = 0.0


class ClockFaultSpec(Struct, frozen=True, tag="clock"):
    """A step of a node's time of day by `offset_s` (negative: back), and after `duration_s` the step back."""

    node: str
    offset_s: float
    start: At | On
    duration_s: float
    kind: Literal["clock_offset"] = "clock_offset"


FaultSpec = LinkFaultSpec | ProcessFaultSpec | ClockFaultSpec


class FaultSchedule(Struct, frozen=True):
    """The faults of one run in order of their planned start; `heal_s`: everything must be undone by then."""

    faults: tuple[FaultSpec, ...]
    heal_s: float
