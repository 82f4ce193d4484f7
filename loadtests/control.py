"""What planes and the coordinator say to each other: one JSON object per line over a socket (see `address`).

plane → coordinator: `joined` once its devices are set up, `ready` when all are live, `trigger` at a kill burst,
`done` when a phase is over, `progress` once a second. coordinator → plane: `start` with the instant of main,
`end_main` to end it early, `phase` to enter heal, resolve, drain, audit or close. Before it joins, a plane of another
machine asks with `ask_clock` for the coordinator's `clock`. The coordinator is part of `chatproof.gate`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from chatproof.loadtests.tally import Tally

ControlledPhase = Literal["heal", "resolve", "drain", "audit", "close"]
"""The phases after main, in order; each begins at the coordinator's word and ends with every plane's `done`."""


class AskClock(Struct, frozen=True, tag="ask_clock"):
    """What does the coordinator's clock say?"""


class Joined(Struct, frozen=True, tag="joined"):
    """A plane is there. `token` is the plan's; its clock is the coordinator's give or take `clock_err_ns`."""

    worker: int
    pid: int
    schedule_sha256: str
    host: str = ""
    clock_err_ns: int = 0
    token: str = ""


class AllLive(Struct, frozen=True, tag="ready"):
    """Every device of this worker is connected, subscribed and hydrated."""

    worker: int


class Trigger(Struct, frozen=True, tag="trigger"):
    """This worker's share of a kill burst reached its acks and its second wave is being sent."""

    worker: int
    name: str
    t_ns: int


class Done(Struct, frozen=True, tag="done"):
    """This worker finished a phase (`main` included). `note` says what was left, in a sentence, where something was."""

    worker: int
    phase: str
    note: str = ""


class Progress(Struct, frozen=True, tag="progress"):
    """Totals of this worker so far, for the live display; `tally` for who exposes them as metrics."""

    worker: int
    t_ns: int
    intended: int
    acked: int
    delivered: int
    unknown: int
    live_devices: int
    ack_p95_ns: int
    tally: Tally


class Clock(Struct, frozen=True, tag="clock"):
    """CLOCK_MONOTONIC of the coordinator's machine."""

    t_ns: int


class Failed(Struct, frozen=True, tag="failed"):
    """This worker cannot go on, and why, in one sentence."""

    worker: int
    sentence: str


class Start(Struct, frozen=True, tag="start"):
    """Main begins at this instant (ns since the run's origin)."""

    main_ns: int


class EndMain(Struct, frozen=True, tag="end_main"):
    """Main is over now, whatever was planned: start nothing more, and say `done`."""


class EnterPhase(Struct, frozen=True, tag="phase"):
    """Enter this phase now."""

    phase: ControlledPhase


class Abort(Struct, frozen=True, tag="abort"):
    """Stop at once: flush the recorder and exit."""

    reason: str


FromPlane = AskClock | Joined | AllLive | Trigger | Done | Progress | Failed
ToPlane = Clock | Start | EndMain | EnterPhase | Abort
