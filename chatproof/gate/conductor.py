"""Conducts one run on its stage: load and nemesis through main, then heal, resolve, drain, audit, close."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, get_args

import trio

from chatproof.backends.process import ChildProcess
from chatproof.chaos.cluster import ProcessRow
from chatproof.chaos.nemesis import FaultRow, Nemesis
from chatproof.chaos.world import LocalWorld
from chatproof.gate.errors import RunSpoiled
from chatproof.gate.live import LiveJudging
from chatproof.gate.load import wait_finished
from chatproof.gate.stage import Stage
from chatproof.loadtests.control import ControlledPhase, Joined, Progress
from chatproof.loadtests.coordinator import Coordinator
from chatproof.loadtests.profiles import LoadProfile
from chatproof.scenarios.scenario import Scenario

NS = 1_000_000_000
LEAD_NS = NS
"""From the word to the start of main: every plane hears it long before."""

JOIN_S = 30.0
"""Longest time until every plane has joined: Locust's own start takes about 3 s here."""

LIVE_S = 70.0
"""Longest time until every device is live. The planes' own bound is shorter, for they can say why one is not."""

MAIN_GRACE_S = 30.0
"""How long after the planned end of main a plane may still be busy with it."""

PHASE_S: dict[ControlledPhase, float] = {"heal": 30.0, "resolve": 45.0, "drain": 45.0, "audit": 90.0, "close": 30.0}
"""Longest time for each phase after main; the planes' own bounds are shorter."""


@dataclass
class Record:
    """What the gate itself records of a run: it grows as the run goes, so that a spoiled run keeps what it had."""

    faults: list[FaultRow] = field(default_factory=list)
    processes: list[ProcessRow] = field(default_factory=list)
    phases: list[dict[str, Any]] = field(default_factory=list)
    schedule_sha256: str = ""
    planes: list[Joined] = field(default_factory=list)
    ended_early: bool = False
    notes: list[str] = field(default_factory=list)

    def main_is_over(self, profile: LoadProfile, main_ns: int, now_ns: int) -> None:
        """Main has ended as planned, or early and now: both of its rows."""
        end_ns = max(main_ns, now_ns) if self.ended_early else main_ns + round(profile.main_s * NS)
        warm_ns = min(main_ns + round(profile.warm_up_s * NS), end_ns)
        self.phases.append({"phase": "warm_up", "start_ns": main_ns, "end_ns": warm_ns})
        self.phases.append({"phase": "main", "start_ns": warm_ns, "end_ns": end_ns})


class Conductor:
    """One run. `tell` hears a sentence at each step; `show` hears the planes' progress once a second.

    `live` judges it while it goes on; with `fail_fast` main ends at the first violation that it finds.
    """

    def __init__(
        self,
        stage: Stage,
        scenario: Scenario,
        coordinator: Coordinator,
        live: AbstractAsyncContextManager[LiveJudging | None],
        fail_fast: bool,
        tell: Callable[[str], None],
        show: Callable[[str, list[Progress]], None],
    ) -> None:
        self._live = live
        self._fail_fast = fail_fast
        self._judging: LiveJudging | None = None
        self._stage = stage
        self._scenario = scenario
        self._coordinator = coordinator
        self._tell = tell
        self._show = show
        self._phase = "setup"
        world = LocalWorld(stage.links, stage.cluster, stage.through)
        self._nemesis = Nemesis(scenario.schedule, world, coordinator.wait_trigger, stage.origin_ns)

    async def run(self, record: Record) -> None:
        """Conduct everything that follows the start of Locust. Raises `RunSpoiled` or what a part raises."""
        record.faults, record.processes = [], self._stage.cluster.rows
        try:
            main_ns = await self._start(record)
            async with self._live as live:
                self._judging = live
                await self._main(main_ns, record)
                for phase in get_args(ControlledPhase):
                    await self._controlled(phase, record)
        finally:
            record.faults = self._nemesis.rows

    async def show_progress(self) -> None:
        """Show what the planes say, until cancelled."""
        while True:
            await trio.sleep(1)
            judged = f" (judged up to {self._judging.judged_ns / NS:.1f} s)" if self._judging else ""
            self._show(f"{self._phase}{judged}", self._coordinator.progress())

    async def _start(self, record: Record) -> int:
        """Wait for everyone, and give the word; returns when main begins."""
        await bounded(self._coordinator.wait_joined, JOIN_S, "the planes have not joined")
        record.schedule_sha256, record.planes = self._coordinator.schedule_sha256, self._coordinator.joined()
        self._tell("planes joined; connecting every device")
        await bounded(self._coordinator.wait_ready, LIVE_S, "not every device became live")
        main_ns = self._elapsed_ns() + LEAD_NS
        record.phases.append({"phase": "setup", "start_ns": 0, "end_ns": main_ns})
        await self._coordinator.start(main_ns)
        return main_ns

    async def _main(self, main_ns: int, record: Record) -> None:
        """Load and nemesis side by side until both are over."""
        profile = self._scenario.profile
        self._tell(f"main: {profile.main_s:g} s, {len(self._scenario.schedule.faults)} faults")
        self._phase = "main"
        ends_s = (main_ns - self._elapsed_ns()) / NS + profile.main_s + MAIN_GRACE_S
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._nemesis.run, main_ns)
            async with trio.open_nursery() as beside:
                beside.start_soon(self._end_at_violation, record)
                await bounded(lambda: self._coordinator.wait_done("main"), ends_s, "main did not end")
                record.main_is_over(profile, main_ns, self._elapsed_ns())
                beside.cancel_scope.cancel()

    async def _end_at_violation(self, record: Record) -> None:
        """Where that is asked for, end main in good order once a guarantee is broken: what was begun is undone."""
        if self._judging is None or not self._fail_fast:
            return
        await self._judging.wait_broken()
        self._tell("a guarantee is broken; main ends early")
        record.ended_early = True
        self._nemesis.end_early()
        await self._coordinator.end_main()

    async def _controlled(self, phase: ControlledPhase, record: Record) -> None:
        """Enter a phase and wait until every plane has done it."""
        self._phase = phase
        notes = await through(phase, self._coordinator, record, self._elapsed_ns)
        self._tell(f"{phase} done" + "".join(f"; {note}" for note in notes))

    def _elapsed_ns(self) -> int:
        return time.monotonic_ns() - self._stage.origin_ns


async def bounded(wait: Callable[[], Any], seconds: float, what: str) -> Any:
    """Await something for at most so many seconds; raises `RunSpoiled` with what did not happen."""
    with trio.move_on_after(seconds):
        return await wait()
    raise RunSpoiled(f"{what} within {seconds:.0f} s")


async def through(
    phase: ControlledPhase, coordinator: Coordinator, record: Record, elapsed_ns: Callable[[], int]
) -> list[str]:
    """Have every plane go through a phase after main, and write it down; what was left, in sentences."""
    began_ns = elapsed_ns()
    await coordinator.enter(phase)
    notes: list[str] = await bounded(
        lambda: coordinator.wait_done(phase), PHASE_S[phase], f"the phase {phase} did not end"
    )
    record.phases.append({"phase": phase, "start_ns": began_ns, "end_ns": elapsed_ns()})
    record.notes.extend(f"{phase}: {note}" for note in notes)
    return notes


async def conduct(
    stage: Stage,
    scenario: Scenario,
    coordinator: Coordinator,
    record: Record,
    *,
    load: AbstractAsyncContextManager[ChildProcess],
    live: AbstractAsyncContextManager[LiveJudging | None],
    fail_fast: bool,
    tell: Callable[[str], None],
    show: Callable[[str, list[Progress]], None],
) -> None:
    """Run Locust, conduct the run, and end both. What went wrong comes out in an exception group."""
    conductor = Conductor(stage, scenario, coordinator, live, fail_fast, tell, show)
    async with trio.open_nursery() as nursery:
        await nursery.start(coordinator.serve)
        nursery.start_soon(stage.cluster.watch)
        nursery.start_soon(stage.toxiproxy.watch)
        nursery.start_soon(conductor.show_progress)
        async with load as locust:
            async with trio.open_nursery() as inner:
                inner.start_soon(_ends_last, locust)
                await conductor.run(record)
                inner.cancel_scope.cancel()
            await bounded(lambda: wait_finished(locust), 20.0, "Locust did not end")
        nursery.cancel_scope.cancel()


async def _ends_last(locust: ChildProcess) -> None:
    """Raise `RunSpoiled` when Locust ends while the run still needs it."""
    await wait_finished(locust)
    raise RunSpoiled(f"Locust ended before the run was over: {locust.last_words()}")
