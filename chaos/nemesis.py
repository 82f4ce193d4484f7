"""The nemesis: applies a schedule's faults at their times or triggers, confirms, shows the effect, undoes, confirms.

Whatever happens (an error, a cancellation at any point), every fault that was begun is undone before `run` returns.
What could not be confirmed is missing from the rows: that voids the run's evidence, and the judge says so.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
import trio

from chatproof.chaos.errors import ChaosError
from chatproof.chaos.faults import At, ClockFaultSpec, FaultSchedule, FaultSpec, LinkFaultSpec
from chatproof.chaos.injectors.injection import Injection, World

NS = 1_000_000_000

PREPARE_NS = NS // 2
"""How long before its planned start a fault gets its probe ready."""

UNDO_S = 60.0
"""Bound of one undoing under a shield: a few calls of at most 15 s each."""


class FaultRow(NamedTuple):
    """A row of the history's table `faults`, columns in its order; instants are ns since the run's origin."""

    fault: int
    kind: str
    target_kind: str
    target: str
    params: str
    trigger: str | None
    start_req_ns: int
    start_confirmed_ns: int | None
    effect_seen_ns: int | None
    stop_req_ns: int | None
    stop_confirmed_ns: int | None
    evidence: str


@dataclass
class _Strike:
    """One fault on one target, as far as it got."""

    fault: int
    spec: FaultSpec
    target: str
    injection: Injection
    begun: bool = False
    start_req_ns: int | None = None
    start_confirmed_ns: int | None = None
    effect_seen_ns: int | None = None
    stop_req_ns: int | None = None
    stop_confirmed_ns: int | None = None
    notes: list[str] = field(default_factory=list)

    def row(self, start_req_ns: int) -> FaultRow:
        """The row of a strike that was begun."""
        return FaultRow(
            self.fault, self.spec.kind, self.injection.target_kind, self.target, _parameters(self.spec),
            None if isinstance(self.spec.start, At) else self.spec.start.trigger,
            start_req_ns, self.start_confirmed_ns, self.effect_seen_ns, self.stop_req_ns, self.stop_confirmed_ns,
            "; ".join(self.notes),
        )


class Nemesis:
    """The faults of one run. Make it in the main thread; `run` once.

    Args:
        wait_trigger: returns when the trigger of this name has come; the wait is cancelled at the fault's deadline.
        origin_ns: the run's origin on the clock of `now_ns`.
    """

    def __init__(
        self,
        schedule: FaultSchedule,
        world: World,
        wait_trigger: Callable[[str], Awaitable[None]],
        origin_ns: int,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._schedule = schedule
        self._world = world
        self._wait_trigger = wait_trigger
        self._origin_ns = origin_ns
        self._now_ns = now_ns
        self._strikes = [
            _Strike(number, spec, target, world.injection(spec, target))
            for number, (spec, target) in enumerate(targets_of(schedule), start=1)
        ]
        self._ends_early = False
        self._waits: list[trio.CancelScope] = []

    @property
    def rows(self) -> list[FaultRow]:
        """Every fault that was begun, or whose trigger did not come, as far as it got: the table `faults`."""
        return [strike.row(strike.start_req_ns) for strike in self._strikes if strike.start_req_ns is not None]

    def end_early(self) -> None:
        """Start nothing more and undo what was begun, once its effect was seen; `run` returns when all is undone."""
        self._ends_early = True
        for scope in self._waits:
            scope.cancel()

    async def run(self, main_ns: int) -> None:
        """Run the whole schedule; main began, or begins, at `main_ns` since the origin. Returns when all is undone.

        Raises:
            ChaosError: something stays broken.
        """
        try:
            async with trio.open_nursery() as nursery:
                for strike in self._strikes:
                    nursery.start_soon(self._strike, strike, main_ns)
        finally:
            with trio.move_on_after(UNDO_S, shield=True) as bound:
                await self._world.mend_everything()
            if bound.cancelled_caught:
                raise ChaosError(f"whether anything is still broken could not be seen within {UNDO_S:g} s")

    async def _strike(self, strike: _Strike, main_ns: int) -> None:
        """One fault on one target from beginning to end."""
        try:
            if await self._wait_start(strike, main_ns):
                await self._break(strike, main_ns)
        except ChaosError as error:
            strike.notes.append(str(error))
        finally:
            with trio.move_on_after(UNDO_S, shield=True) as bound:
                await self._undo(strike)
            if bound.cancelled_caught:
                strike.notes.append(f"not undone within {UNDO_S:g} s")
        if strike.stop_confirmed_ns is not None:
            await self._see_mended(strike)

    async def _wait_start(self, strike: _Strike, main_ns: int) -> bool:
        """Wait for the time or trigger, with the probe ready; False when the trigger did not come in time."""
        start = strike.spec.start
        if isinstance(start, At):
            await self._sleep_until(main_ns + _ns(start.s) - PREPARE_NS)
            if not self._ends_early:
                await self._prepare(strike)
            await self._sleep_until(main_ns + _ns(start.s))
            return not self._ends_early
        await self._prepare(strike)
        with self._waiting(main_ns + _ns(start.deadline_s)) as waiting:
            await self._wait_trigger(start.trigger)
        if self._ends_early or not waiting.cancelled_caught:
            return not self._ends_early
        strike.start_req_ns = self._elapsed_ns()
        strike.notes.append(f"never started: {start.trigger} did not come within {start.deadline_s:g} s of main")
        return False

    async def _prepare(self, strike: _Strike) -> None:
        """Get the probe ready; without one the fault is applied all the same, but its effect stays unseen."""
        try:
            await strike.injection.prepare()
        except ChaosError as error:
            strike.notes.append(f"before: {error}")

    async def _break(self, strike: _Strike, main_ns: int) -> None:
        """Start, see the effect, and let the fault last."""
        strike.begun = True
        strike.start_req_ns = self._elapsed_ns()
        await strike.injection.start()
        strike.start_confirmed_ns = self._elapsed_ns()
        try:
            strike.notes.append(f"effect: {await strike.injection.effect()}")
            strike.effect_seen_ns = self._elapsed_ns()
        except ChaosError as error:
            strike.notes.append(f"effect not seen: {error}")
        lasts_until_ns = strike.start_req_ns + _ns(strike.spec.duration_s)
        await self._sleep_until(min(lasts_until_ns, main_ns + _ns(self._schedule.heal_s)))

    async def _undo(self, strike: _Strike) -> None:
        """Undo what was begun and drop the probe; runs under a shield."""
        try:
            if strike.begun:
                strike.stop_req_ns = self._elapsed_ns()
                await strike.injection.stop()
                strike.stop_confirmed_ns = self._elapsed_ns()
        except ChaosError as error:
            strike.notes.append(f"not undone: {error}")
        finally:
            await strike.injection.release()

    async def _see_mended(self, strike: _Strike) -> None:
        """Move the fault's end to the first round trip; one that does not come is the target's failure, not ours."""
        try:
            strike.notes.append(f"mended: {await strike.injection.mended()}")
            strike.stop_confirmed_ns = self._elapsed_ns()
        except ChaosError as error:
            strike.notes.append(f"undone, but no round trip: {error}")

    async def _sleep_until(self, instant_ns: int) -> None:
        """Sleep until an instant since the origin; one that has passed is a checkpoint only."""
        with self._waiting(instant_ns):
            await trio.sleep(self._seconds_until(instant_ns))

    @contextmanager
    def _waiting(self, until_ns: int) -> Iterator[trio.CancelScope]:
        """Wait no longer than until an instant, and no longer at all once the run ends early."""
        with trio.move_on_after(0 if self._ends_early else self._seconds_until(until_ns)) as scope:
            self._waits.append(scope)
            try:
                yield scope
            finally:
                self._waits.remove(scope)

    def _seconds_until(self, instant_ns: int) -> float:
        """How far away an instant is; 0 for the past."""
        return max(0.0, (instant_ns - self._elapsed_ns()) / NS)

    def _elapsed_ns(self) -> int:
        """Now, since the run's origin."""
        return self._now_ns() - self._origin_ns


def targets_of(schedule: FaultSchedule) -> list[tuple[FaultSpec, str]]:
    """Each fault with each of its targets, in the order of the schedule: one row each."""
    return [
        (spec, target)
        for spec in schedule.faults
        for target in (spec.links if isinstance(spec, LinkFaultSpec) else (spec.node,))
    ]


def _ns(seconds: float) -> int:
    """Seconds as whole ns."""
    return round(seconds * NS)


def _parameters(spec: FaultSpec) -> str:
    """What a fault was asked to be, as JSON: how long, how slow, how far off."""
    parameters: dict[str, float] = {"duration_s": spec.duration_s}
    if isinstance(spec, LinkFaultSpec) and spec.kind == "latency":
        parameters["latency_ms"] = spec.latency_ms
    if isinstance(spec, ClockFaultSpec):
        parameters["offset_s"] = spec.offset_s
    return msgspec.json.encode(parameters).decode()
