"""Live judging: what is found in a run so far is found at its end, once, and nothing in a clean one."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatproof.checkers.guarantee import Finding
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.judge import find
from chatproof.checkers.live.rounds import LIVE_CLASSES, is_grown
from tests.checkers.corrupters import Corrupter, accept_other_body, refuse_retry, second_seq, swap_neighbours
from tests.checkers.live.replayed import judged_live
from tests.checkers.model import MS, Recorded, build, histories

CORRUPTERS = (second_seq, swap_neighbours, refuse_retry, accept_other_body)
cuts = st.lists(st.integers(1_000 * MS, 8_000 * MS), min_size=1, max_size=6)
few = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def broken_at_the_end(recorded: Recorded) -> set[str]:
    """The guarantees that are broken in the whole history, of those that are judged live."""
    live = [guarantee for guarantee in GUARANTEES.values() if guarantee.class_ in LIVE_CLASSES]
    with recorded.history() as history, relations(history) as sql:
        return {guarantee.name for guarantee in live if find(sql, guarantee)}


@pytest.mark.slow
@few
@given(recorded=histories(), at=cuts)
def test_nothing_is_found_while_a_clean_run_goes_on(recorded: Recorded, at: list[int]) -> None:
    """Wherever a clean history is cut, its beginning is clean."""
    assert [] == judged_live(recorded, at)


@pytest.mark.slow
@few
@given(recorded=histories(), corrupt=st.sampled_from(CORRUPTERS), pick=st.integers(0, 10_000), at=cuts)
def test_what_is_found_early_is_found_at_the_end(
    recorded: Recorded, corrupt: Corrupter, pick: int, at: list[int]
) -> None:
    """A guarantee that is accused during a run is broken in the whole of it, and the other way round."""
    corrupt(recorded, pick)
    assert broken_at_the_end(recorded) == {found.guarantee for found in judged_live(recorded, at)}


@pytest.mark.slow
def test_a_violation_is_told_once() -> None:
    """However often the conversation is looked at again, and although more devices come to see it."""
    recorded = build(3, steps=30)
    assert second_seq(recorded, 5)
    found = judged_live(recorded, [at * 500 * MS for at in range(2, 16)])
    assert len({(each.guarantee, each.sentence) for each in found}) == len(found)
    assert {"idempotent-send"} <= {each.guarantee for each in found}


def test_a_finding_that_has_grown_is_the_same() -> None:
    """More devices that see it make no new violation; another message does."""
    known = Finding("two seqs", (1,), 0, (5, 1005), (), (2,), 10, {})
    assert is_grown(known._replace(devs=(2, 3), t_ns=20), known)
    assert not is_grown(known._replace(ops=(2,)), known)
    assert not is_grown(known._replace(conv=1), known)
