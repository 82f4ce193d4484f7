"""Splitting a history: what is linked stays together, every row is in one bucket, and the verdict is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatproof.checkers.buckets import SPLIT, Group, buckets_wanted, pack, split, spread
from chatproof.checkers.guarantee import SPLIT_KEYS
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import judging
from chatproof.checkers.history.database import Resources, connect
from chatproof.checkers.history.history import History
from tests.checkers import corrupters
from tests.checkers.alike import findings
from tests.checkers.model import Recorded, build, histories
from tests.checkers.stories import history_of

CORRUPTERS = (
    corrupters.lose_shown, corrupters.hide_shown, corrupters.second_seq, corrupters.refuse_retry,
    corrupters.accept_other_body, corrupters.swap_neighbours,
)  # fmt: skip
ELSEWHERE = "members a b\na sends m1\na acked m1 = 1\nb shows m1 = 1\n"


def strayed() -> Recorded:
    """A history in which a message of conversation 0 arrived in conversation 1 as well."""
    recorded = build(3)
    rows = recorded.tables["deliveries"]
    row = next(row for row in rows if row["conv"] == 0 and row["op"] is not None and row["via"] == "live")
    rec = max(each["rec"] for table in recorded.tables.values() for each in table if "rec" in each) + 1
    last_ns = max(each["t_ns"] for each in rows)
    rows.append({**row, "conv": 1, "seq": 900, "msg_id": 900, "rec": rec, "t_ns": last_ns})
    return recorded


def test_a_small_history_is_judged_whole() -> None:
    """Splitting costs more than it saves."""
    with history_of(ELSEWHERE) as history:
        assert 1 == buckets_wanted(history)


def test_an_empty_history_has_no_conversations_to_split() -> None:
    """A run that recorded nothing can still be asked for buckets."""
    with history_of(ELSEWHERE) as whole, History.of(whole.run, {}) as history:
        assert [Group(()), Group(())] == spread(history, 2)


def test_conversations_are_spread_by_their_rows() -> None:
    """The heavy ones first, each into the lightest group so far."""
    weights = {1: 50, 2: 30, 3: 30, 4: 10}
    assert [Group((1, 4)), Group((2, 3))] == pack(weights, [[1], [2], [3], [4]], 2)


def test_a_message_that_strayed_links_two_conversations() -> None:
    """They are put into one bucket, for one query must see both."""
    with strayed().history() as history:
        assert [Group((0, 1)), Group(())] == spread(history, 2)


def test_every_row_is_in_one_bucket(tmp_path: Path) -> None:
    """Nothing is lost and nothing counted twice; tables without conversations are the same in all."""
    with build(1).history() as history, judging(history):
        tables = [name for name in SPLIT if history.has(name)]
        buckets = split(history, spread(history, 2), [*tables, "devices"], (), tmp_path)
        for name in tables:
            (whole,) = history.rows(f"SELECT count(*) FROM {name}")[0]
            assert whole == sum(_rows(bucket.sources.get(name)) for bucket in buckets), name
        assert [6, 6] == [_rows(bucket.sources["devices"]) for bucket in buckets]


def _rows(source: str | None) -> int:
    if source is None:
        return 0
    with connect(Resources()) as sql:
        return int(sql.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])


def test_every_guarantee_says_what_it_may_be_split_by() -> None:
    """And most can be split, or a large history could not be judged."""
    keys = [guarantee.key for guarantee in GUARANTEES.values()]
    assert "" not in keys
    assert len(keys) < 2 * sum(key in SPLIT_KEYS for key in keys)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "corrupt"), [(2, None), (5, None), *((3, each) for each in CORRUPTERS)],
    ids=["two clean", "five clean", *(each.__name__ for each in CORRUPTERS)],
)
def test_a_split_history_has_the_same_verdict(count: int, corrupt: corrupters.Corrupter | None) -> None:
    """Findings, counter-examples, opportunities, qualifiers and totals, on clean and on spoiled histories."""
    recorded = build(count)
    if corrupt is not None:
        recorded = next(each for each in map(build, range(count, count + 20)) if corrupt(each, count))
    with recorded.history() as history:
        assert findings(history) == findings(history, buckets=count)


@pytest.mark.slow
def test_a_history_with_linked_conversations_has_the_same_verdict() -> None:
    """What one query must see together is together."""
    with strayed().history() as history:
        whole = findings(history)
        assert whole == findings(history, buckets=2)
    assert "fail" == whole.verdict


@pytest.mark.slow
@pytest.mark.parametrize("name", GUARANTEES)
def test_every_broken_story_is_broken_in_buckets_too(name: str) -> None:
    """The worked example of each guarantee, judged by that guarantee, whole and in three buckets."""
    guarantee = GUARANTEES[name]
    with history_of(guarantee.story.broken) as history:
        whole = findings(history, names=[name])
        assert whole == findings(history, names=[name], buckets=3)


@pytest.mark.slow
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(recorded=histories(), count=st.integers(2, 6), pick=st.integers(0, 1_000), which=st.sampled_from(CORRUPTERS))
def test_whatever_happens_buckets_change_nothing(
    recorded: Recorded, count: int, pick: int, which: corrupters.Corrupter
) -> None:
    """Any script of the model, spoiled by any corrupter, in any number of buckets."""
    which(recorded, pick)
    with recorded.history() as history:
        assert findings(history) == findings(history, buckets=count)
