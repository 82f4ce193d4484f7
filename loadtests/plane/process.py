"""One plane from its plan to its end: sets up its devices, obeys the coordinator, beats every 10 ms."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from chatproof.drivers.interface import DeviceSpec, Driver, Session
from chatproof.drivers.trust import trusting
from chatproof.loadtests.abilities import Abilities, abilities_of
from chatproof.loadtests.actions import Schedule, Send
from chatproof.loadtests.bodies import BodyChecker
from chatproof.loadtests.control import Abort, AllLive, Done, EndMain, EnterPhase, Joined, Progress, Start, Trigger
from chatproof.loadtests.errors import PlaneFailed
from chatproof.loadtests.health import BEAT_NS, Health, Second
from chatproof.loadtests.histograms import LatencyHistogram, Snapshot
from chatproof.loadtests.ledger import Ledger
from chatproof.loadtests.plan import Plan
from chatproof.loadtests.plane.actor import Actor
from chatproof.loadtests.plane.control_link import ControlLink
from chatproof.loadtests.plane.device import Device
from chatproof.loadtests.plane.door import Door
from chatproof.loadtests.plane.errands import Errands
from chatproof.loadtests.plane.fleet import Fleet
from chatproof.loadtests.plane.kill_bursts import KillBursts
from chatproof.loadtests.plane.moments import Moments
from chatproof.loadtests.plane.phases import SECOND_NS, Phases
from chatproof.loadtests.plane.reading import Reading
from chatproof.loadtests.plane.witness import Witness
from chatproof.loadtests.planner import to_ns
from chatproof.loadtests.receipts import Receipts
from chatproof.loadtests.recorder import Recorder, RowWriter
from chatproof.loadtests.roster import conversations_of, persona_of, watched_users
from chatproof.loadtests.schedule import make_schedule
from chatproof.loadtests.suspicion import Suspicion
from chatproof.loadtests.tally import Tally
from chatproof.loadtests.truth import PresenceTruth

SETUP_NS = 60 * SECOND_NS
"""Longest time until every device is live for the first time."""

Report = Callable[[list[Snapshot]], None]
"""Takes what the histograms gathered in the last second."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a plane is made of; built once by `build`, and each part knows only the parts it needs."""

    plan: Plan
    schedule: Schedule
    recorder: Recorder
    ledger: Ledger
    witness: Witness
    reading: Reading
    moments: Moments
    devices: dict[int, Device]
    errands: Errands
    abilities: Abilities
    clock: Callable[[], int]


def build(plan: Plan, worker: int, driver: Driver, writer: RowWriter) -> Parts:
    """Make everything that a plane needs before its first connection; the initial memberships are recorded."""
    def clock() -> int:
        return time.monotonic_ns() - plan.origin_ns

    schedule = make_schedule(plan.profile, plan.roster, plan.seed)
    recorder, checker, moments = Recorder(writer), BodyChecker(plan.seed), Moments()
    ledger, truth = Ledger(recorder), PresenceTruth(recorder)
    reading = Reading(recorder, checker, clock)
    suspicion = Suspicion(driver.name, driver.claims)
    witness = Witness(recorder, ledger, truth, checker, reading, moments, suspicion)
    witness.intended_ns = schedule.intended_ns()
    convs_of = conversations_of(plan.roster)
    abilities, errands = abilities_of(driver), Errands(plan.links)
    doors = {name: Door(endpoint, trusting(endpoint), plan.node, errands) for name, endpoint in plan.links.items()}
    devices = {
        spec.dev: Device(
            spec, _session(plan, driver, spec, convs_of[spec.user]), doors[spec.link], convs_of[spec.user],
            Receipts(persona_of(plan.profile, plan.seed, spec.user), says=abilities.says_receipts),
            recorder=recorder, ledger=ledger, truth=truth, witness=witness, clock=clock,
        )
        for spec in plan.roster.devices
        if spec.user % plan.workers == worker
    }
    _record_members(plan, worker, recorder)
    return Parts(plan, schedule, recorder, ledger, witness, reading, moments, devices, errands, abilities, clock)


def _session(plan: Plan, driver: Driver, spec: DeviceSpec, convs: Sequence[int]) -> Session:
    """A device's session, told what to follow and whom to watch."""
    session = driver.session(device=spec, roster=plan.roster, provisioned=plan.provisioned, seed=plan.seed)
    session.follow(convs, watched_users(plan.roster, spec.user, plan.profile.watched_per_device, convs))
    return session


def _record_members(plan: Plan, worker: int, recorder: Recorder) -> None:
    """The provisioned members of this worker's users: members from before the run on."""
    for conversation in plan.roster.conversations:
        for at, user in enumerate(conversation.members):
            if user % plan.workers == worker:
                recorder.membership_begun(conversation.conv, user, "initial", 0, "owner" if at == 0 else "member", 0)
                recorder.membership_ended(conversation.conv, user, 0, None, "ok", 0)


class Plane:
    """Runs one plane. Every method is called on its event loop."""

    def __init__(
        self, parts: Parts, worker: int, control: ControlLink, report: Report, clock_err_ns: int = 0
    ) -> None:
        plan, schedule = parts.plan, parts.schedule
        self._parts = parts
        self._worker = worker
        self._control = control
        self._report = report
        self._clock_err_ns = clock_err_ns
        self._plan = plan
        self._main_ns = to_ns(plan.profile.main_s)
        self._timers: list[asyncio.TimerHandle] = []
        mine = [action for action in schedule.actions if action.dev in parts.devices]
        self._actor = Actor(
            mine, parts.devices, seed=plan.seed, wall_origin_ms=plan.wall_origin_ms,
            warm_up_ns=to_ns(plan.profile.warm_up_s), give_up_ns=to_ns(plan.profile.give_up_s), ledger=parts.ledger,
            moments=parts.moments, reading=parts.reading, clock=parts.clock, reads=parts.abilities.reads,
        )
        self._bursts = KillBursts(
            schedule.kills, [action for action in mine if isinstance(action, Send) and action.wave],
            parts.devices.__contains__, ledger=parts.ledger, start_send=self._actor.start_send, signal=self._signal,
        )

    async def run(self) -> None:
        """Until the phase `close` is done. Raises `LoadError`."""
        self._control.send(
            Joined(
                self._worker, os.getpid(), self._parts.schedule.sha256, host=socket.gethostname(),
                clock_err_ns=self._clock_err_ns, token=self._plan.token,
            )
        )
        async with asyncio.TaskGroup() as tasks:
            self._parts.errands.begin(tasks)
            fleet = Fleet(self._parts.devices, self._parts.clock, tasks)
            health = Health(
                self._parts.recorder, self._actor.intended_in, self._actor.backlog, self._parts.clock()
            )
            rhythm = [tasks.create_task(self._beat(fleet, health)), tasks.create_task(self._progress(fleet, health))]
            note = await self._obey(fleet, health)
            for task in rhythm:
                task.cancel()
        await self._parts.errands.close()
        self._parts.recorder.watermark(self._parts.clock())
        self._parts.recorder.close()
        self._control.send(self._totals(fleet, health))
        self._control.send(Done(self._worker, "close", note))

    async def _obey(self, fleet: Fleet, health: Health) -> str:
        """Set up, then do what the coordinator says, in its order, until all is closed; what that left, if anything."""
        await self._set_up(fleet)
        phases = Phases(
            fleet, self._parts.devices, self._parts.ledger, self._parts.reading, heads=self._parts.witness.top_seq,
            roster=self._plan.roster, abilities=self._parts.abilities, drain_ns=self._plan.drain_ns,
            receipts_rest_ns=self._plan.receipts_rest_ns, clock=self._parts.clock,
        )
        while True:
            message = await self._control.receive()
            match message:
                case Start(main_ns):
                    await self._main(main_ns, health)
                    self._control.send(Done(self._worker, "main"))
                case EnterPhase(phase):
                    self._actor.phase = phase
                    note = await phases.run(phase)
                    if phase == "close":
                        return note
                    self._control.send(Done(self._worker, phase, note))
                case EndMain():
                    continue  # main was over when it was said
                case Abort(reason):
                    self._give_up(reason)

    async def _set_up(self, fleet: Fleet) -> None:
        within_ns = SETUP_NS + self._ramp()
        if not await fleet.wait(lambda: fleet.is_live, self._parts.clock() + within_ns):
            raise PlaneFailed(
                f"{fleet.not_live} devices were not live within {within_ns // SECOND_NS} s; {fleet.hindrance}"
            )
        self._control.send(AllLive(self._worker))

    def _ramp(self) -> int:
        """Have users connect at the plan's rate, over all planes; returns how long that takes."""
        rate, now_ns = self._plan.connects_per_s, self._parts.clock()
        if not rate:
            return 0
        for device in self._parts.devices.values():
            device.away_until_ns = now_ns + to_ns(device.user / rate)
        return to_ns(self._plan.roster.users / rate)

    async def _main(self, main_ns: int, health: Health) -> None:
        """Act on the schedule, and stay until main is over or ended early."""
        self._parts.witness.main_ns = main_ns
        self._actor.begin(main_ns)
        self._bursts.begin(main_ns, self._call_at)
        acting = asyncio.create_task(self._act(main_ns, health))
        hearing = asyncio.create_task(self._hear_end())
        try:
            await asyncio.wait({acting, hearing}, return_when=asyncio.FIRST_COMPLETED)
            for timer in () if acting.done() else self._timers:
                timer.cancel()
        finally:
            acting.cancel()
            hearing.cancel()
        for result in await asyncio.gather(acting, hearing, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    async def _act(self, main_ns: int, health: Health) -> None:
        await self._actor.act(health)
        await asyncio.sleep(max(0, main_ns + self._main_ns - self._parts.clock()) / 1e9)

    async def _hear_end(self) -> None:
        """Return when main is ended early; nothing else is said before it is over."""
        match await self._control.receive():
            case Abort(reason):
                self._give_up(reason)
            case EndMain():
                return

    def _give_up(self, reason: str) -> NoReturn:
        self._parts.recorder.close()
        raise PlaneFailed(f"the coordinator gave up: {reason}")

    def _call_at(self, at_ns: int, call: Callable[[], None]) -> object:
        timer = asyncio.get_running_loop().call_later(max(0, at_ns - self._parts.clock()) / 1e9, call)
        self._timers.append(timer)
        return timer

    def _signal(self, trigger: str, now_ns: int) -> None:
        self._control.send(Trigger(self._worker, trigger, now_ns))

    async def _beat(self, fleet: Fleet, health: Health) -> None:
        """The plane's heart: ticks, connects, sends receipts, notices its own stalls."""
        at_ns = self._parts.clock()
        while True:
            at_ns = max(at_ns + BEAT_NS, self._parts.clock())
            await asyncio.sleep((at_ns - self._parts.clock()) / 1e9)
            health.beat(self._parts.clock())
            fleet.beat(self._actor.send_receipts)

    async def _progress(self, fleet: Fleet, health: Health) -> None:
        """Tell the coordinator, Locust and whoever reads the history meanwhile how it goes, every second."""
        while True:
            await asyncio.sleep(1)
            self._parts.recorder.watermark(self._parts.clock())
            histograms = self._histograms
            self._report([snapshot for each in histograms if (snapshot := each.snapshot()) is not None])
            self._control.send(self._totals(fleet, health))

    @property
    def _histograms(self) -> tuple[LatencyHistogram, ...]:
        ledger, witness = self._parts.ledger, self._parts.witness
        return ledger.acks, witness.deliveries, witness.tidings, witness.returns, ledger.others

    def _totals(self, fleet: Fleet, health: Health) -> Progress:
        """Everything as of now; nothing is awaited, so no row comes between."""
        now_ns, ledger, witness = self._parts.clock(), self._parts.ledger, self._parts.witness
        return Progress(
            self._worker, now_ns, self._actor.intended_in(0, now_ns), ledger.acks.count, witness.deliveries.count,
            len(ledger.unknown), len(self._parts.devices) - fleet.not_live, ledger.acks.quantile_ns(0.95),
            tally_of(self._parts.recorder, ledger, witness, health.latest),
        )


def tally_of(recorder: Recorder, ledger: Ledger, witness: Witness, health: Second) -> Tally:
    """What the parts of a plane have counted up to the last recorded row."""
    return Tally(
        rec=recorder.rows, sends=ledger.sends, ended=dict(ledger.ended), arrivals=witness.arrivals,
        send_ack=ledger.acks.distribution(), delivery=witness.deliveries.distribution(),
        presence=witness.tidings.distribution(), caught_up=witness.returns.distribution(),
        lag_p99_ns=health.lag_p99_ns, stall_max_ns=health.stall_max_ns, cpu_pct=health.cpu_pct,
    )
