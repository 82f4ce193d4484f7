"""Smallest proofs: what is left still violates by the guarantee's own SQL, and nothing more can be left out."""

from __future__ import annotations

import pytest

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.judge import find
from chatproof.checkers.neighbourhood import neighbourhood
from chatproof.checkers.witnesses import needed_relations, needed_tables, smallest
from tests.checkers.stories import history_of, opened, tables_of

NOISE = "\n".join(f"a sends n{n}\na acked n{n} = {n}\nb shows n{n} = {n}\nb marks read {n}" for n in range(10, 16))
TWICE = f"members a b c\n{NOISE}\na sends m1\nb shows m1 = 5\na retries m1\nb shows m1 = 6\nc shows m1 = 6\n"


@pytest.mark.slow
def test_noise_is_left_out() -> None:
    """Of a conversation with many messages only the rows of the one that stands twice are needed."""
    with history_of(TWICE) as history, relations(history) as sql:
        guarantee = GUARANTEES["idempotent-send"]
        finding = find(sql, guarantee)[0]
        proof = smallest(sql, guarantee, finding, neighbourhood(sql, finding), 60)
    assert ["deliveries", "deliveries", "operations"] == sorted(row.table for row in proof.rows)
    assert {5, 6} == {row.values["seq"] for row in proof.rows if row.table == "deliveries"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["whole-resume", "stable-history"])
def test_nothing_more_can_be_left_out(name: str) -> None:
    """Without any one of its rows a proof is none."""
    guarantee = GUARANTEES[name]
    with history_of(guarantee.story.broken) as history, relations(history) as sql:
        finding = find(sql, guarantee)[0]
        around = neighbourhood(sql, finding)
        proof = smallest(sql, guarantee, finding, around, 200)
        assert proof.rows
        for row in proof.rows:
            rest = around._replace(rows=tuple(other for other in proof.rows if other != row))
            assert () == smallest(sql, guarantee, finding, rest, 200).rows


@pytest.mark.slow
def test_a_hole_is_proven_by_a_walk_of_many_pages() -> None:
    """However many there are: a walk without one of its pages is not complete, and shows no hole."""
    tables = tables_of("members a b\na sends m1\na acked m1 = 1\na sends m2\na acked m2 = 3\na reads 1 3 by 1")
    (last,) = tables["reads"]
    tables["reads"] = [
        last | {"read": 1_000 + page, "invoke_ns": last["invoke_ns"] + page, "complete": page == 19}
        for page in range(20)
    ]
    guarantee = GUARANTEES["dense-ids"]
    with opened(tables) as history, relations(history) as sql:
        (finding,) = find(sql, guarantee)
        proof = smallest(sql, guarantee, finding, neighbourhood(sql, finding), 60)
    assert (2,) == finding.seqs
    assert [1_019] == [row.values["read"] for row in proof.rows if row.table == "reads"]


@pytest.mark.slow
def test_the_work_is_bounded() -> None:
    """With one trial it is found, and nothing is taken away; with none it is not even looked for."""
    with history_of(TWICE) as history, relations(history) as sql:
        guarantee = GUARANTEES["idempotent-send"]
        finding = find(sql, guarantee)[0]
        around = neighbourhood(sql, finding)
        once, never = (smallest(sql, guarantee, finding, around, trials) for trials in (1, 0))
    assert (1, 0) == (once.trials, never.trials)
    assert len(once.rows) > 3
    assert () == never.rows


def test_what_a_query_rests_on_is_read_off_it() -> None:
    """Relations come in the order in which they are built, with the tables of all of them."""
    assert ["send_keys"] == [relation.name for relation in needed_relations("SELECT * FROM send_keys")]
    assert {"operations", "devices"} == set(needed_tables("SELECT * FROM send_keys"))
