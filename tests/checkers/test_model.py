"""The model: its histories are valid, vary, and are judged clean: what others rest their cross-checks on."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from chatproof.checkers.evidence import evidence_problems
from tests.checkers.model import Recorded, build, histories


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(recorded=histories())
def test_every_script_leaves_valid_evidence(recorded: Recorded) -> None:
    """Whatever is done to the perfect server, its history conforms to the tables and is evidence."""
    with recorded.history() as history:
        assert () == evidence_problems(history)


def test_a_seed_gives_one_history() -> None:
    """A failing seed can be replayed."""
    assert build(7) == build(7)


@pytest.mark.slow
def test_the_model_does_what_makes_histories_hard() -> None:
    """Over a few seeds: unknowns, retries, kicks, rejoins, exposed acks, resumes with a gap, hidden ranges."""
    queries = {
        "unknown": "SELECT count(*) FROM operations WHERE outcome = 'unknown'",
        "retried": "SELECT count(*) FROM operations WHERE resolved_by = 'retry'",
        "duplicate": "SELECT count(*) FROM attempts WHERE duplicate",
        "kick": "SELECT count(*) FROM memberships WHERE change = 'kick'",
        "rejoin": "SELECT count(*) FROM memberships WHERE change = 'join'",
        "hidden": "SELECT count(*) FROM notices WHERE kind = 'gap'",
        "kill": "SELECT count(*) FROM faults WHERE kind = 'kill'",
        "exposed": "SELECT count(*) FROM attempts a JOIN faults f ON a.done_ns BETWEEN f.start_confirmed_ns - 50000000 "
                   "AND f.start_confirmed_ns WHERE a.outcome = 'ok'",
        "gap": "SELECT count(*) FROM resumes WHERE own_contiguous_seq < frontier_seq",
        "refused": "SELECT count(*) FROM attempts WHERE definite",
        "repeated": "SELECT count(*) FROM deliveries WHERE NOT shown",
        "stalled": "SELECT count(*) FROM faults WHERE kind = 'stall'",
        "edited": "SELECT count(*) FROM read_items WHERE event = 'message' AND version IS NOT NULL AND NOT deleted",
        "deleted": "SELECT count(*) FROM read_items WHERE deleted",
        "typing": "SELECT count(*) FROM typing_seen WHERE is_on",
        "unread": "SELECT count(*) FROM unread WHERE unread > 0",
    }
    found = dict.fromkeys(queries, 0)
    for seed in range(4):
        with build(seed).history() as history:
            for name, query in queries.items():
                found[name] += history.rows(query)[0][0]
    assert [] == [name for name, count in found.items() if not count]


def test_everybody_has_everything_at_the_end() -> None:
    """After drain each device that is a member has shown every event that it may see."""
    recorded = build(3)
    with recorded.history() as history:
        missing = history.rows(
            "SELECT h.dev, h.conv FROM heads h WHERE h.source = 'pong' AND NOT EXISTS ("
            "SELECT 1 FROM deliveries d WHERE d.dev = h.dev AND d.conv = h.conv AND d.seq = h.head_seq AND d.shown)"
        )
    assert [] == missing
