"""The SQL and the naive oracles say the same of messages, orders, own writes, counts, changes, typing, slow links."""

from __future__ import annotations

import random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatproof.checkers.guarantee import Finding
from chatproof.checkers.guarantees.registry import GUARANTEES
from tests.checkers import corrupters
from tests.checkers import promise_corrupters as spoil
from tests.checkers.model import Outage, Step, build, play
from tests.checkers.oracles import changes, content, orders, patience
from tests.checkers.oracles.bench import LONGEST_S, bench
from tests.checkers.oracles.cross_check import Case, check, few, judged, many, scripts, spoilings

BOUNDS = {
    "receipts_rest_ns": changes.REST_NS, "typing_ns": patience.TYPING_NS, "slow_told_ns": patience.TOLD_NS,
    "calm_after_heal_ns": patience.CALM_NS,
}
"""Tight ones, so that scripts of a few seconds meet and miss them: clean scripts may break them, and both say so."""


def _said_changed(found: Finding) -> set[object]:
    if found.kind == "devices disagree":
        return {(found.kind, found.conv, found.data["ref_seq"])}
    return {(found.kind, found.ops[0], found.devs[0], found.t_ns)}


CASES = (
    Case("no-phantom", content.phantoms,
         lambda found: {(found.kind, found.conv, found.seqs[0], next(iter(found.ops), None))},
         (spoil.alter, spoil.invent, spoil.misdeliver, spoil.invent_a_kick)),
    Case("no-aborted-delivery", content.aborted, lambda found: {found.ops[0]},
         (spoil.deliver_the_refused,)),
    Case("shown-once", content.shown_twice,
         lambda found: {(found.kind, found.devs[0], found.conv, found.seqs)},
         (spoil.show_again, corrupters.second_seq)),
    Case("one-id-per-seq", content.ambiguous,
         lambda found: {(found.kind, found.conv, found.seqs)},
         (spoil.rename, spoil.invent_a_kick, spoil.misdeliver, corrupters.second_seq)),
    Case("no-gap", orders.jumped,
         lambda found: {(found.kind, found.devs[0], found.conv, seq) for seq in found.seqs},
         (corrupters.lose_shown, spoil.delay)),
    Case("sender-order", orders.inverted_own,
         lambda found: {found.data["later_op"]}, (spoil.swap_places,)),
    Case("real-time-order", orders.inverted_in_time,
         lambda found: {found.data["later_op"]}, (spoil.swap_places,)),
    Case("same-order-everywhere", orders.opposite,
         lambda found: {(found.kind, found.devs[0], found.sessions[0], found.data["second_op"])},
         (spoil.delay, corrupters.swap_neighbours)),
    Case("causal-order", orders.effects_first,
         lambda found: {(found.data["effect_op"], found.data["cause_seq"], found.data["observer"])},
         (spoil.delay, spoil.swap_places, corrupters.swap_neighbours)),
    Case("read-your-writes", changes.lacking,
         lambda found: {(found.ops[0], found.devs[0], found.t_ns)}, (spoil.forget_own,)),
    Case("exact-unread", changes.miscounted, lambda found: {found.data["read"]}, (spoil.miscount,)),
    Case("no-resurrection", changes.resurrected, _said_changed,
         (spoil.resurrect, spoil.resume_the_old, spoil.miss_a_change)),
    Case("typing-expires", patience.overstayed,
         lambda found: {(found.kind, found.sessions[0], found.conv, found.data["subject"])},
         (spoil.type_for_ever, spoil.type_again, spoil.type_unbegun)),
    Case("no-silent-drop", patience.silent_drops,
         lambda found: {(found.kind, found.sessions[0], found.conv, found.t_ns)}, (spoil.drop_what_waited,)),
)
CASE_IDS = [case.guarantee for case in CASES]

SCRIPTS = scripts(*2 * get_args(Outage))


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
@pytest.mark.timeout(LONGEST_S)
@pytest.mark.parametrize("name", GUARANTEES)
@many
@given(script=SCRIPTS)
def test_the_perfect_server_is_clean_for_every_guarantee(name: str, script: list[Step]) -> None:
    """By the usual bounds nothing is accused, whatever happens to links and processes."""
    assert [] == bench(name).find(play(script))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
def test_every_guarantee_is_broken_by_its_anomalies(case: Case) -> None:
    """Over some seeds violations do occur: the cross-check compares more than empty sets."""
    caught = 0
    for seed in range(60):
        draw, recorded = random.Random(seed), build(seed)
        if draw.choice(case.spoilers)(recorded, draw.randrange(10_000)):
            caught += bool(judged(case, recorded, BOUNDS)[1])
    assert 3 <= caught
