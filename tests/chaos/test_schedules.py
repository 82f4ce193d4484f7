"""Fault schedules as pure functions of a seed."""

from hypothesis import given
from hypothesis import strategies as st

from chatproof.chaos.faults import At, LinkFaultSpec, On, ProcessFaultSpec
from chatproof.chaos.schedules import (
    default_schedule,
    kill_storm_schedule,
    kills_only,
    one_link_fault,
    power_loss_schedule,
)

seeds = st.integers(0, 2**63)
links = st.integers(2, 12).map(lambda count: [f"link-{n}" for n in range(count)])


@given(seed=seeds, links=links)
def test_the_same_seed_gives_the_same_schedule(seed: int, links: list[str]) -> None:
    """A schedule depends on nothing but its arguments."""
    assert default_schedule(seed, links, ["a", "b"]) == default_schedule(seed, links, ["a", "b"])


@given(seed=seeds, links=links)
def test_the_default_has_its_timeline(seed: int, links: list[str]) -> None:
    """Partition of a third 20-30 s, stall from 31 to 35 s, reset, a kill on its trigger, healed by 45 s."""
    schedule = default_schedule(seed, links, ["a"])
    partition, stall, reset, kill = schedule.faults
    assert isinstance(partition, LinkFaultSpec)
    assert ("partition", At(20.0), 10.0) == (partition.kind, partition.start, partition.duration_s)
    assert max(1, len(links) // 3) == len(set(partition.links))
    assert ("stall", At(31.0), 4.0) == (stall.kind, stall.start, stall.duration_s)
    assert "reset" == reset.kind
    assert ProcessFaultSpec("kill", "a", On("kill-0", 42.0)) == kill
    assert 45.0 == schedule.heal_s


@given(seed=seeds, links=links)
def test_the_default_never_stalls_and_resets_one_link(seed: int, links: list[str]) -> None:
    """Stall and reset fall on different links, and on unharmed ones where there are enough."""
    schedule = default_schedule(seed, links, ["a"])
    partitioned, stalled, reset = [set(one.links) for one in schedule.faults if isinstance(one, LinkFaultSpec)]
    assert set() == stalled & reset
    if len(links) >= 4:
        assert set() == partitioned & (stalled | reset)


def test_seeds_differ() -> None:
    """Among a hundred seeds every link is partitioned at some time."""
    names = [f"link-{n}" for n in range(6)]
    drawn = {link for seed in range(100) for link in default_schedule(seed, names, ["a"]).faults[0].links}  # type: ignore[union-attr]
    assert set(names) == drawn


@given(seed=seeds, kills=st.integers(1, 40), every_s=st.floats(1, 60))
def test_a_kill_storm_has_a_kill_per_period(seed: int, kills: int, every_s: float) -> None:
    """Each kill has a trigger of its own, in order, whose deadline falls before everything must be healed."""
    schedule = kill_storm_schedule(seed, ["a", "b"], kills=kills, every_s=every_s)
    starts = [fault.start for fault in schedule.faults]
    assert [f"kill-{k}" for k in range(kills)] == [start.trigger for start in starts if isinstance(start, On)]
    deadlines = [start.deadline_s for start in starts if isinstance(start, On)]
    assert sorted(deadlines) == deadlines
    assert deadlines[-1] <= schedule.heal_s


def test_kills_only_has_nothing_else() -> None:
    """One kill per planned time, each on its trigger."""
    schedule = kills_only(1, ["a"], [4.0, 9.0])
    expected = (ProcessFaultSpec("kill", "a", On("kill-0", 9.0)), ProcessFaultSpec("kill", "a", On("kill-1", 14.0)))
    assert expected == schedule.faults


def test_power_loss_has_nothing_else() -> None:
    """One loss per planned time, each on the trigger of a kill burst."""
    expected = (ProcessFaultSpec("unsynced_lost", "a", On("kill-0", 9.0)),)
    assert expected == power_loss_schedule(1, ["a"], at_s=[4.0]).faults


def test_one_link_fault_is_one_fault_on_one_link() -> None:
    """One drawn link, and healed when the fault is over."""
    schedule = one_link_fault(1, ["only"], "reset", at_s=5.0, for_s=1.0)
    assert (LinkFaultSpec("reset", ("only",), At(5.0), 1.0),) == schedule.faults
    assert 6.0 == schedule.heal_s
