"""The nemesis in virtual time on a fake world: order, rows, and that everything is undone whatever happens."""

from dataclasses import dataclass, field

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from chatproof.chaos.errors import ChaosError, EffectNotSeen, LinkError, NeverReady, ProbeCut
from chatproof.chaos.faults import At, FaultSchedule, FaultSpec, LinkFaultSpec, On, ProcessFaultSpec
from chatproof.chaos.injectors.injection import TargetKind
from chatproof.chaos.nemesis import UNDO_S, FaultRow, Nemesis, targets_of
from chatproof.checkers.history.tables import TABLES
from chatproof.checkers.history.vocabulary import ENUMERATIONS

NS = 1_000_000_000
STEP_S = 0.01
SCHEDULE = FaultSchedule(
    faults=(
        LinkFaultSpec("partition", ("link-0", "link-1"), At(2.0), 3.0),
        LinkFaultSpec("latency", ("link-2",), At(4.0), 60.0, latency_ms=7),
        ProcessFaultSpec("pause", "node-a", At(3.0), 1.0),
        ProcessFaultSpec("kill", "node-a", On("kill-0", 8.0)),
    ),
    heal_s=6.0,
)


@dataclass
class FakeWorld:
    """Targets that break and mend in virtual time.

    Attributes:
        failing: (target, step) → what that step raises.
        broken: what is broken now; a `start` that fails or is cancelled leaves its target broken all the same.
        held: whose probe is connected now.
        log: every step that was begun, in order.
    """

    failing: dict[tuple[str, str], ChaosError] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    swept: int = 0

    def injection(self, spec: FaultSpec, target: str) -> "FakeInjection":
        """A fake injection, known by kind and target."""
        return FakeInjection(self, f"{spec.kind} {target}", "link" if isinstance(spec, LinkFaultSpec) else "process")

    async def mend_everything(self) -> None:
        """Count the sweep."""
        await trio.sleep(STEP_S)
        self.swept += 1


@dataclass
class FakeInjection:
    """Each step takes a hundredth of a virtual second; a start breaks at its beginning, a stop mends at its end."""

    world: FakeWorld
    target: str
    target_kind: TargetKind

    async def _step(self, name: str) -> str:
        self.world.log.append(f"{name} {self.target}")
        await trio.sleep(STEP_S)
        if error := self.world.failing.get((self.target, name)):
            raise error
        return f"{name} of {self.target}"

    async def prepare(self) -> None:
        """Hold a probe."""
        self.world.held.append(self.target)
        await self._step("prepare")

    async def start(self) -> None:
        """Break."""
        self.world.broken.append(self.target)
        await self._step("start")

    async def effect(self) -> str:
        """See."""
        return await self._step("effect")

    async def stop(self) -> None:
        """Mend."""
        await self._step("stop")
        self.world.broken.remove(self.target)

    async def mended(self) -> str:
        """See."""
        return await self._step("mended")

    async def release(self) -> None:
        """Let the probe go."""
        await self._step("release")
        if self.target in self.world.held:
            self.world.held.remove(self.target)


def virtual_ns() -> int:
    """The virtual clock in ns."""
    return round(trio.current_time() * NS)


def run(
    world: FakeWorld, *, trigger_s: float = 7.0, abort_s: float | None = None, schedule: FaultSchedule = SCHEDULE
) -> list[FaultRow]:
    """Run the schedule in virtual time: main begins at 1 s, the trigger comes at `trigger_s`, the abort if any."""
    rows: list[FaultRow] = []
    start = 0.0

    async def wait_trigger(_: str) -> None:
        await trio.sleep_until(start + trigger_s)

    async def main() -> None:
        nonlocal start
        start = trio.current_time()
        nemesis = Nemesis(schedule, world, wait_trigger, virtual_ns(), virtual_ns)
        with trio.move_on_after(float("inf") if abort_s is None else abort_s):
            await nemesis.run(1 * NS)
        rows.extend(nemesis.rows)

    trio.run(main, clock=MockClock(autojump_threshold=0))
    return rows


def of(rows: list[FaultRow], kind: str) -> FaultRow:
    """The first row of this kind."""
    return next(row for row in rows if row.kind == kind)


def near(seconds: float) -> object:
    """An instant within a few steps of this many seconds."""
    return pytest.approx(seconds * NS, abs=5 * STEP_S * NS)


def test_rows_are_those_of_the_history() -> None:
    """A row has the columns of the table `faults` in its order, and values of its vocabulary."""
    assert TABLES["faults"].column_names == FaultRow._fields
    rows = run(FakeWorld())
    assert {row.kind for row in rows} <= set(ENUMERATIONS["fault_kind"])
    assert {row.target_kind for row in rows} <= set(ENUMERATIONS["fault_target_kind"])


def test_a_fault_on_several_links_has_a_row_each() -> None:
    """Rows are numbered in the order of the schedule, one per target."""
    rows = run(FakeWorld())
    expected = ["link-0", "link-1", "link-2", "node-a", "node-a"]
    assert list(enumerate(expected, start=1)) == [(row.fault, row.target) for row in rows]
    assert expected == [target for _, target in targets_of(SCHEDULE)]


def test_every_instant_of_a_fault_is_recorded_in_order() -> None:
    """Requested, confirmed, effect seen, end requested, end confirmed: all there, in that order, with evidence."""
    for row in run(FakeWorld()):
        times = [row.start_req_ns, row.start_confirmed_ns, row.effect_seen_ns, row.stop_req_ns, row.stop_confirmed_ns]
        assert None not in times
        assert sorted(times) == times  # type: ignore[type-var]
        assert "effect: " in row.evidence
        assert "mended: " in row.evidence


def test_faults_come_and_go_at_their_times() -> None:
    """A fault starts at its time after the beginning of main, which is at 1 s, and ends after its duration."""
    row = of(run(FakeWorld()), "partition")
    assert near(3.0) == row.start_req_ns
    assert near(6.0) == row.stop_req_ns


def test_nothing_outlasts_the_heal() -> None:
    """A fault that would last longer is undone at `heal_s`."""
    row = of(run(FakeWorld()), "latency")
    assert near(7.0) == row.stop_req_ns
    assert '{"duration_s":60.0,"latency_ms":7}' == row.params


def test_a_trigger_starts_its_fault_at_once() -> None:
    """A triggered fault starts in the very moment of its trigger."""
    row = of(run(FakeWorld(), trigger_s=7.0), "kill")
    assert ("kill-0", 7 * NS) == (row.trigger, row.start_req_ns)


def test_a_trigger_that_does_not_come_is_a_fault_that_never_started() -> None:
    """At its deadline the fault is given up: nothing is broken, and the row has no confirmation."""
    world = FakeWorld()
    row = of(run(world, trigger_s=99.0), "kill")
    assert (None, None, None) == (row.start_confirmed_ns, row.stop_req_ns, row.stop_confirmed_ns)
    assert "never started: kill-0 did not come within 8 s of main" == row.evidence
    assert "start kill node-a" not in world.log


def test_the_probe_is_ready_before_the_fault() -> None:
    """A fault prepares half a second ahead, so that its start is not delayed."""
    world = FakeWorld()
    rows = run(world)
    assert world.log.index("prepare pause node-a") < world.log.index("start pause node-a")
    assert 4 * NS == of(rows, "pause").start_req_ns


@pytest.mark.parametrize(
    ("step", "error", "missing", "words"),
    [
        ("prepare", ProbeCut("no way"), [], "before: no way"),
        ("start", LinkError("refused"), ["start_confirmed_ns", "effect_seen_ns"], "refused"),
        ("effect", EffectNotSeen("still through"), ["effect_seen_ns"], "effect not seen: still through"),
        ("stop", LinkError("no answer"), ["stop_confirmed_ns"], "not undone: no answer"),
        ("mended", NeverReady("dead"), [], "undone, but no round trip: dead"),
    ],
)
def test_what_fails_is_missing_from_the_row(step: str, error: ChaosError, missing: list[str], words: str) -> None:
    """A step that fails leaves its instant empty and its reason in the evidence; the other faults are unmoved."""
    rows = run(FakeWorld(failing={("pause node-a", step): error}))
    row = of(rows, "pause")
    assert missing == [name for name, value in row._asdict().items() if value is None and name != "trigger"]
    assert words in row.evidence
    assert 5 == len(rows)
    assert all(other.stop_confirmed_ns for other in rows if other.kind != "pause")


def test_a_target_that_does_not_recover_is_not_a_fault_that_stayed() -> None:
    """The end of a fault is then the instant at which it was read back as gone."""
    row = of(run(FakeWorld(failing={("kill node-a", "mended"): NeverReady("dead")})), "kill")
    assert row.stop_confirmed_ns is not None
    assert row.stop_req_ns is not None
    assert round(STEP_S * NS) == row.stop_confirmed_ns - row.stop_req_ns


@pytest.mark.slow
@given(abort_s=st.floats(0, 12), failing=st.sampled_from([None, "prepare", "start", "effect", "mended"]))
@settings(deadline=None)
def test_nothing_is_left_whenever_it_is_aborted(abort_s: float, failing: str | None) -> None:
    """Cancelled at any moment, any step but the undoing failing: nothing stays broken, no probe is held."""
    names = [f"{spec.kind} {target}" for spec, target in targets_of(SCHEDULE)]
    world = FakeWorld(failing={(name, failing): LinkError("x") for name in names} if failing else {})
    rows = run(world, abort_s=abort_s)
    assert ([], [], 1) == (world.broken, world.held, world.swept)
    assert all(row.stop_confirmed_ns for row in rows if row.start_confirmed_ns)


def test_a_sweep_that_fails_is_an_error() -> None:
    """Something that stays broken is told to whoever runs the nemesis."""

    class Stuck(FakeWorld):
        async def mend_everything(self) -> None:
            raise LinkError("left broken: x")

    with pytest.raises(LinkError, match="left broken"):
        run(Stuck())




def test_a_sweep_that_hangs_is_an_error() -> None:
    """Where it cannot be seen in time whether something is left, that is told, never taken for nothing."""

    class Hanging(FakeWorld):
        async def mend_everything(self) -> None:
            await trio.sleep_forever()

    with pytest.raises(ChaosError, match=f"could not be seen within {UNDO_S:g} s"):
        run(Hanging())


def test_an_undoing_that_hangs_is_given_up() -> None:
    """The shield has a bound: a fault that cannot be undone in time has no end and says so; the run goes on."""

    class Hanging(FakeWorld):
        def injection(self, spec: FaultSpec, target: str) -> FakeInjection:
            one = super().injection(spec, target)
            return HangingInjection(self, one.target, one.target_kind) if spec.kind == "pause" else one

    rows = run(Hanging())
    assert of(rows, "pause").stop_confirmed_ns is None
    assert f"not undone within {UNDO_S:g} s" in of(rows, "pause").evidence
    assert of(rows, "kill").stop_confirmed_ns is not None


class HangingInjection(FakeInjection):
    """One that never gets undone."""

    async def stop(self) -> None:
        """Hang."""
        await trio.sleep_forever()


def test_a_run_that_ends_early_starts_nothing_more_and_undoes_what_was_begun() -> None:
    """The partition that lasts is undone at once with all its instants; later and triggered faults leave no row."""
    world, rows = FakeWorld(), list[FaultRow]()

    async def main() -> None:
        nemesis = Nemesis(SCHEDULE, world, lambda _: trio.sleep(7), virtual_ns(), virtual_ns)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(nemesis.run, 1 * NS)
            await trio.sleep(3.2)
            nemesis.end_early()
        rows.extend(nemesis.rows)

    trio.run(main, clock=MockClock(autojump_threshold=0))
    assert [("partition", "link-0"), ("partition", "link-1")] == [(row.kind, row.target) for row in rows]
    assert [near(3.2), near(3.2)] == [row.stop_req_ns for row in rows]
    assert all(row.effect_seen_ns and row.stop_confirmed_ns for row in rows)
    assert ([], [], 1) == (world.broken, world.held, world.swept)
