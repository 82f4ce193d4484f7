"""The SQL and the naive oracles say the same of clean histories, and of histories with one anomaly each."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.judge import find
from tests.checkers.corrupters import (
    Corrupter,
    accept_other_body,
    hide_shown,
    lose_shown,
    refuse_retry,
    second_seq,
    swap_neighbours,
)
from tests.checkers.model import COMMON, CONVERSATIONS, DEVICES, Action, Recorded, Step, build, play
from tests.checkers.oracles import oracles

cross_check = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
picks = st.integers(0, 10_000)
scripts = st.lists(
    st.builds(
        Step, st.sampled_from(COMMON + get_args(Action)), st.integers(0, len(DEVICES) - 1),
        st.integers(0, CONVERSATIONS - 1), st.integers(1, 200),
    ),
    max_size=40,
)
"""Scripts rather than histories, so that a failing example is a few steps that can be read."""


def lost_by_sql(recorded: Recorded) -> set[tuple[int, int]]:
    """What `no-lost-message` accuses, as the oracle says it."""
    with recorded.history() as history, relations(history) as sql:
        found = find(sql, GUARANTEES["no-lost-message"])
        return {(finding.ops[0], dev) for finding in found for dev in finding.devs}


def broken_by_sql(recorded: Recorded) -> set[int]:
    """What `idempotent-send` accuses, as the oracle says it."""
    with recorded.history() as history, relations(history) as sql:
        return {op for finding in find(sql, GUARANTEES["idempotent-send"]) for op in finding.ops}


def unordered_by_sql(recorded: Recorded) -> set[tuple[int, int, int]]:
    """What `ordered-stream` accuses, as the oracle says it."""
    with recorded.history() as history, relations(history) as sql:
        found = find(sql, GUARANTEES["ordered-stream"])
        return {(finding.devs[0], finding.conv or 0, finding.data["later_seq"]) for finding in found}


CASES = [
    (lost_by_sql, oracles.lost_messages, lose_shown),
    (lost_by_sql, oracles.lost_messages, hide_shown),
    (lost_by_sql, oracles.lost_messages, second_seq),
    (broken_by_sql, oracles.broken_keys, second_seq),
    (broken_by_sql, oracles.broken_keys, refuse_retry),
    (broken_by_sql, oracles.broken_keys, accept_other_body),
    (unordered_by_sql, oracles.unordered, swap_neighbours),
    (unordered_by_sql, oracles.unordered, second_seq),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("by_sql", "oracle", "corrupt"), CASES, ids=[f"{case[1].__name__}-{case[2].__name__}" for case in CASES]
)
@cross_check
@given(script=scripts, pick=picks)
def test_both_judge_a_spoiled_history_alike(
    script: list[Step], pick: int, by_sql: object, oracle: object, corrupt: Corrupter
) -> None:
    """Whatever one corrupter spoils, both find the same things."""
    recorded = play(script)
    corrupt(recorded, pick)
    assert oracle(recorded.tables) == by_sql(recorded)  # type: ignore[operator]


@pytest.mark.slow
@cross_check
@given(script=scripts)
def test_clean_histories_are_clean_for_every_guarantee(script: list[Step]) -> None:
    """No guarantee accuses the perfect server, whatever happens to its links and processes."""
    with play(script).history() as history, relations(history) as sql:
        accused = {name: found for name, guarantee in GUARANTEES.items() if (found := find(sql, guarantee))}
    assert {} == accused


SPOILED = [
    (lost_by_sql, lose_shown), (broken_by_sql, second_seq), (broken_by_sql, refuse_retry),
    (broken_by_sql, accept_other_body), (unordered_by_sql, swap_neighbours),
]


@pytest.mark.slow
@pytest.mark.parametrize(("by_sql", "corrupt"), SPOILED, ids=[case[1].__name__ for case in SPOILED])
def test_every_corrupter_can_be_caught(by_sql: object, corrupt: Corrupter) -> None:
    """Over a few seeds each anomaly occurs and is accused: the cross-check compares more than empty sets."""
    caught = 0
    for seed in range(12):
        recorded = build(seed)
        if corrupt(recorded, seed):
            caught += bool(by_sql(recorded))  # type: ignore[operator]
    assert 3 <= caught
