"""A scenario fitted to what a target claims."""

from typing import Any

import pytest

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.scenarios.catalogue import SCENARIOS
from chatproof.scenarios.fitting import fitted
from chatproof.scenarios.scenario import Scenario

NEEDS = {name: guarantee.claims for name, guarantee in GUARANTEES.items()}
PLAIN = {"echo": "all", "history": True, "total_order": True}


def suited(name: str = "claims", *, here: bool = True, **claims: Any) -> Scenario:
    """A scenario for a target with these claims."""
    return fitted(SCENARIOS[name](1), claims, NEEDS, is_started_here=here)


def test_only_what_is_claimed_is_required() -> None:
    """And nothing whose load is gone."""
    required = suited(**PLAIN).required
    assert "ordered-stream" in required
    assert "stable-history" in required
    for name in ("idempotent-send", "receipts-forward", "dense-ids", "durable-ack", "no-aborted-delivery"):
        assert name not in required


@pytest.mark.parametrize("name", SCENARIOS)
def test_whatever_is_required_can_be_shown(name: str) -> None:
    """No required guarantee needs a claim that is not made, in any scenario."""
    assert all(all(PLAIN.get(claim) for claim in NEEDS[each]) for each in suited(name, **PLAIN).required)


def test_a_crash_is_for_those_who_bear_it() -> None:
    """With the claim the target is killed and must hold durable-ack; without, the reason is told."""
    bearing = suited(**PLAIN, survives_process_crash=True)
    assert ("durable-ack" in bearing.required, ()) == (True, bearing.unavailable)
    assert ("kill of node-0: the target does not claim survives_process_crash",) == suited(**PLAIN).unavailable
    assert () == suited(**PLAIN).profile.kill_bursts


def test_a_process_elsewhere_is_not_killed() -> None:
    """Whatever it claims."""
    there = suited(here=False, **PLAIN, survives_process_crash=True)
    assert ("kill of node-0: the process of a target that is given by URL is not ours",) == there.unavailable
    assert "durable-ack" not in there.required


def test_without_a_way_back_no_connection_is_cut() -> None:
    """What is missed meanwhile was never promised."""
    left = suited(echo="all")
    assert () == left.schedule.faults
    assert 3 == len(left.unavailable)


def test_nothing_is_asked_for_that_the_target_has_no_word_for() -> None:
    """Retries, receipts, presence, kicks, history; and without an echo every user has one device."""
    profile = suited("default", echo="none").profile
    assert 0 == sum(
        (
            profile.second_device_share, profile.presence_sets_per_s, profile.retries_total, profile.kicks_total,
            profile.backward_receipts_total, profile.history_reads_per_s, profile.refused_not_member_total,
            profile.presence_cycles_per_s, profile.watched_per_device,
        )
    )  # fmt: skip
