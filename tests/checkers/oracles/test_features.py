"""The SQL and the naive oracles say the same of visibility and keeping, on clean histories and on spoiled ones."""

from __future__ import annotations

import random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatproof.checkers.guarantee import Finding
from tests.checkers import feature_corrupters as spoil
from tests.checkers.corrupters import Corrupter
from tests.checkers.decorated import RULES, Feature, FeatureKind, decorate
from tests.checkers.model import DEVICES, Recorded, build, play
from tests.checkers.oracles import keeping, visibility
from tests.checkers.oracles.bench import LONGEST_S
from tests.checkers.oracles.cross_check import Case, few, judged, many, picks, scripts


def _said_leak(finding: Finding) -> set[object]:
    about = finding.data["subject"] if finding.kind == "presence" else next(iter(finding.seqs), None)
    return {(finding.kind, finding.conv, about, finding.devs[0], finding.t_ns)}


CASES = (
    Case("no-leak", visibility.leaks, _said_leak,
         (spoil.feed_the_removed, spoil.lend_a_page_item, spoil.tell_a_head, spoil.tell_a_marker,
          spoil.tell_a_stranger, spoil.plant_a_canary, spoil.invent_a_hit)),
    Case("search-sound", visibility.unsound_hits,
         lambda found: {(found.kind, found.data["read"], found.conv, found.seqs[0])},
         (spoil.invent_a_hit, spoil.lend_a_page_item)),
    Case("search-complete", visibility.unfound,
         lambda found: {(found.data["walk"], found.ops[0])}, (spoil.forget_a_hit, spoil.invent_a_hit)),
    Case("attachment-intact", keeping.broken_downloads,
         lambda found: {(found.kind, found.data["blob"], found.devs[0], found.t_ns)}, (spoil.spoil_a_download,)),
    Case("retention-exact", keeping.broken_keeping,
         lambda found: {(found.kind, found.conv, found.seqs[0], found.data["surface"], found.t_ns)},
         (spoil.spoil_a_probe,)),
    Case("one-time-key-once", lambda tables: {*keeping.keys_claimed_twice(tables), *keeping.lost_items(tables)},
         lambda found: {found.data["key_id"] or (found.devs[0], found.data["qseq"])},
         (spoil.claim_again, spoil.lose_an_item)),
)
CASE_IDS = [case.guarantee for case in CASES]
RETAINING = {"attachment-intact": ("none",), "search-complete": ("none",), "no-leak": ("none",)}
"""Rules that a case's histories may have; the oracles know no excuse by retention."""

features = st.lists(
    st.builds(
        Feature, st.sampled_from(get_args(FeatureKind)), st.integers(0, len(DEVICES) - 1), st.integers(0, 1_000),
        st.integers(0, 1_000),
    ),
    max_size=25,
)
SCRIPTS = scripts(longest=25)


def check(case: Case, recorded: Recorded, spoilers: list[Corrupter], pick: int) -> None:
    """Both say the same, and of what nobody spoiled they say nothing."""
    spoiled = [spoiler(recorded, pick) for spoiler in spoilers]
    by_oracle, by_sql = judged(case, recorded, {})
    assert by_oracle == by_sql
    assert any(spoiled) or set() == by_sql


@st.composite
def spoiled_histories(draw: st.DrawFn, case: Case) -> tuple[Recorded, list[Corrupter], int]:
    """A decorated history, what is to spoil it (often nothing), and the pick."""
    rules = draw(st.sampled_from(RETAINING.get(case.guarantee, tuple(RULES))))
    recorded = decorate(play(draw(SCRIPTS)), draw(features), rules)
    return recorded, draw(st.lists(st.sampled_from(case.spoilers), max_size=1)), draw(picks)


@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
@few
@given(data=st.data())
def test_both_judge_alike(case: Case, data: st.DataObject) -> None:
    """A few examples in every commit; the long suite has thousands."""
    check(case, *data.draw(spoiled_histories(case)))


@pytest.mark.slow
@pytest.mark.timeout(LONGEST_S)
@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
@many
@given(data=st.data())
def test_both_judge_thousands_alike(case: Case, data: st.DataObject) -> None:
    """Whatever one anomaly spoils, the oracle and the SQL find the same things."""
    check(case, *data.draw(spoiled_histories(case)))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
def test_every_guarantee_is_broken_by_its_anomalies(case: Case) -> None:
    """Over some seeds violations do occur: the cross-check compares more than empty sets."""
    caught = 0
    for seed in range(30):
        draw = random.Random(seed)
        used = [
            Feature(draw.choice(get_args(FeatureKind)), draw.randrange(6), draw.randrange(1_000), draw.randrange(1_000))
            for _ in range(25)
        ]
        recorded = decorate(build(seed), used, draw.choice(RETAINING.get(case.guarantee, tuple(RULES))))
        if draw.choice(case.spoilers)(recorded, draw.randrange(10_000)):
            caught += bool(judged(case, recorded, {})[1])
    assert 3 <= caught
