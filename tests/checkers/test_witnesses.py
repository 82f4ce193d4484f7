"""Smallest proofs: what is left still violates by the guarantee's own SQL, and nothing more can be left out."""

from __future__ import annotations

import pytest

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.judge import find
from chatproof.checkers.neighbourhood import neighbourhood
from chatproof.checkers.witnesses import needed_relations, needed_tables, smallest
from tests.checkers.stories import history_of

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
    seqs = [seq for seq in range(1, 41) if seq != 30]
    said = "".join(f"a sends m{seq}\na acked m{seq} = {seq}\n" for seq in seqs)
    guarantee = GUARANTEES["dense-ids"]
    with history_of(f"members a b\n{said}a reads {' '.join(map(str, seqs))} by 2") as history, relations(history) as sql:
        (finding,) = find(sql, guarantee)
        proof = smallest(sql, guarantee, finding, neighbourhood(sql, finding), 60)
    assert (30,) == finding.seqs
    assert 1 <= sum(row.table == "reads" for row in proof.rows)


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
