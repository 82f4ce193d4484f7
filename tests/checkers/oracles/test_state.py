"""The SQL and the naive oracles say the same of resumes, markers, presence, stores and progress."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatproof.checkers.guarantee import Finding
from tests.checkers import state_corrupters as spoil
from tests.checkers.model import build
from tests.checkers.oracles import arrivals, liveness, markers, stored, watchers
from tests.checkers.oracles.bench import LONGEST_S
from tests.checkers.oracles.cross_check import Case, check, few, judged, many, scripts, spoilings

BOUNDS = {
    "receipts_rest_ns": markers.REST_NS, "presence_ns": watchers.PRESENCE_NS, "calm_after_heal_ns": watchers.CALM_NS,
    **liveness.BOUNDS,
}
"""Tight ones, so that scripts of a few seconds meet and miss them: clean scripts may break them, and both say so."""


def _said_stop(found: Finding) -> set[object]:
    match found.kind:
        case "too few succeed":
            return {(found.kind, found.data["what"])}
        case "unresolved":
            return {(found.kind, found.ops[0])}
        case "not drained":
            return {(found.kind, (found.devs[0], found.conv))}
        case _:
            return {(found.kind, found.t_ns)}


def _said_split(found: Finding) -> set[object]:
    dev = found.devs[0] if found.kind == "not visible" else -1
    return {(found.kind, dev, found.conv, found.data["subject"])}


CASES = (
    Case("whole-resume", arrivals.silent_gaps,
         lambda found: {(found.sessions[0], found.conv, seq) for seq in found.seqs}, (spoil.skip_in_replay,)),
    Case("receipts-forward", markers.backward_markers,
         lambda found: {(found.kind, found.devs[0], found.conv, found.data["subject"], found.t_ns)},
         (spoil.move_a_marker, spoil.drop_a_marker)),
    Case("receipts-converge", markers.split_markers, _said_split,
         (spoil.move_a_marker, spoil.drop_a_marker)),
    Case("presence-converges", watchers.wrong_beliefs,
         lambda found: {(found.kind, found.sessions[0], found.data["subject"], found.t_ns)}, (spoil.see_a_ghost,)),
    Case("durable-ack", stored.gone_acks, lambda found: set(found.ops),
         (spoil.forget_an_event, spoil.forget_on_a_page)),
    Case("stable-history", stored.unstable,
         lambda found: {(found.data["walk"], seq) for seq in found.seqs}, (spoil.forget_on_a_page,)),
    Case("dense-ids", stored.holes,
         lambda found: {(found.conv, seq) for seq in found.seqs}, (spoil.raise_a_head, spoil.leave_unanswered)),
    Case("progress", liveness.stops, _said_stop,
         (spoil.leave_unanswered, spoil.stay_down, spoil.lose_the_head, spoil.close_before_drain)),
)
CASE_IDS = [case.guarantee for case in CASES]

SCRIPTS = scripts()


@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
@few
@given(data=st.data())
def test_both_judge_alike(case: Case, data: st.DataObject) -> None:
    """A few examples in every commit; the long suite has thousands."""
    check(case, *data.draw(spoilings(case, SCRIPTS)), BOUNDS)


@pytest.mark.slow
@pytest.mark.timeout(LONGEST_S)
@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
@many
@given(data=st.data())
def test_both_judge_thousands_alike(case: Case, data: st.DataObject) -> None:
    """Whatever one anomaly spoils, the oracle and the SQL find the same things."""
    check(case, *data.draw(spoilings(case, SCRIPTS)), BOUNDS)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
def test_every_guarantee_is_broken_by_its_anomalies(case: Case) -> None:
    """Over some seeds violations do occur: the cross-check compares more than empty sets."""
    caught = 0
    for seed in range(30):
        draw, recorded = random.Random(seed), build(seed)
        if draw.choice(case.spoilers)(recorded, draw.randrange(10_000)):
            caught += bool(judged(case, recorded, BOUNDS)[1])
    assert 3 <= caught
