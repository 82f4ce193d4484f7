"""Leads planes through a run without faults: joins, ramp, main until its end or Locust's word, then to the close."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, get_args

import trio

from chatproof.chaos.cluster import Cluster
from chatproof.checkers.live.rounds import live_guarantees
from chatproof.gate.announcer import Announcer
from chatproof.gate.conductor import JOIN_S, LEAD_NS, LIVE_S, MAIN_GRACE_S, NS, Record, bounded, through
from chatproof.gate.errors import RunSpoiled
from chatproof.gate.live import LiveJudging, live_judging
from chatproof.gate.run_directory import RunDirectory
from chatproof.loadtests.announcements import Going, Violation
from chatproof.loadtests.control import ControlledPhase
from chatproof.loadtests.coordinator import Coordinator
from chatproof.loadtests.plan import Plan


class Leader:
    """One run. What it learns goes into `record`, which stays what it is when the run is spoiled."""

    def __init__(
        self, plan: Plan, directory: RunDirectory, cluster: Cluster, announcer: Announcer, record: Record
    ) -> None:
        self._plan = plan
        self._directory = directory
        self._cluster = cluster
        self._announcer = announcer
        self._record = record
        self._coordinator = Coordinator(plan.control, plan.workers, plan.token)
        self._phase = "setup"
        self._judging: LiveJudging | None = None

    async def lead(self, claims: Mapping[str, Any], slos: tuple[dict[str, Any], ...]) -> None:
        """The whole run. Raises `LoadError`, `ChaosError` or `RunSpoiled`, in a group."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self._coordinator.serve)
            nursery.start_soon(self._cluster.watch)
            nursery.start_soon(self._announcer.hear)
            nursery.start_soon(self._tell_progress)
            self._announcer.prepared(self._plan.run_dir, str(self._directory.plan), live_guarantees(claims), slos)
            try:
                await self._through_all_phases()
            finally:
                with trio.CancelScope(shield=True), trio.move_on_after(1.0):
                    await self._coordinator.abort("the run is over")
            nursery.cancel_scope.cancel()

    async def _through_all_phases(self) -> None:
        await bounded(self._coordinator.wait_joined, JOIN_S, "the planes have not joined")
        self._record.schedule_sha256 = self._coordinator.schedule_sha256
        self._record.planes = self._coordinator.joined()
        await self._ramp()
        main_ns = self._elapsed_ns() + LEAD_NS
        self._record.phases.append({"phase": "setup", "start_ns": 0, "end_ns": main_ns})
        await self._coordinator.start(main_ns)
        async with live_judging(self._directory, self._keep_quiet) as self._judging:
            await self._main(main_ns)
            for phase in get_args(ControlledPhase):
                self._phase = phase
                await through(phase, self._coordinator, self._record, self._elapsed_ns)

    async def _ramp(self) -> None:
        """Until every device is live. Raises `RunSpoiled` where the run is stopped before."""
        rate = self._plan.connects_per_s
        ramp_s = self._plan.roster.users / rate if rate else 0.0
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._refuse_stop)
            await bounded(self._coordinator.wait_ready, ramp_s + LIVE_S, "not every device became live")
            nursery.cancel_scope.cancel()

    async def _refuse_stop(self) -> None:
        await self._announcer.wait_stop()
        raise RunSpoiled("the run was stopped before every device was live")

    async def _main(self, main_ns: int) -> None:
        """Until it is over as planned, or stopped."""
        self._phase = "main"
        profile = self._plan.profile
        ends_s = (main_ns - self._elapsed_ns()) / NS + profile.main_s + MAIN_GRACE_S
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._end_when_stopped)
            await bounded(lambda: self._coordinator.wait_done("main"), ends_s, "main did not end")
            nursery.cancel_scope.cancel()
        self._record.main_is_over(profile, main_ns, self._elapsed_ns())

    async def _end_when_stopped(self) -> None:
        await self._announcer.wait_stop()
        self._record.ended_early = True
        await self._coordinator.end_main()

    async def _tell_progress(self) -> None:
        """Once a second, until cancelled."""
        while True:
            await trio.sleep(1)
            self._announcer.going(self._going())

    def _going(self) -> Going:
        planes, judging = self._coordinator.progress(), self._judging
        return Going(
            phase=self._phase,
            t_ns=self._elapsed_ns(),
            live_devices=sum(plane.live_devices for plane in planes),
            intended=sum(plane.intended for plane in planes),
            acked=sum(plane.acked for plane in planes),
            delivered=sum(plane.delivered for plane in planes),
            unknown=sum(plane.unknown for plane in planes),
            judged_ns=judging.judged_ns if judging else 0,
            violations=_violations(judging) if judging else (),
        )

    def _keep_quiet(self, _sentence: str) -> None:
        """What live judging finds is announced with the rest; that it ends stands in its log."""

    def _elapsed_ns(self) -> int:
        return time.monotonic_ns() - self._plan.origin_ns


def _violations(judging: LiveJudging) -> tuple[Violation, ...]:
    """Each guarantee that is broken so far, in the order in which they were found to be."""
    return tuple(Violation(name, each.sentence, judging.counts[name]) for name, each in judging.first.items())
