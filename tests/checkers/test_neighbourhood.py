"""The rows around a finding: nearest first, few, and none of another conversation."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding
from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.history.history import History
from chatproof.checkers.neighbourhood import MAX_PER_TABLE, Neighbourhood, neighbourhood
from tests.checkers.stories import CONV, history_of, tables_of

STORY = "members a b\na sends m1\na acked m1 = 5\nb shows m1 = 5\n"


def finding(ops: tuple[int, ...] = (), seqs: tuple[int, ...] = (), devs: tuple[int, ...] = ()) -> Finding:
    """A finding in the conversation of every story."""
    return Finding("kind", ops, CONV, seqs, (), devs, 50_000_000, {})


def around(story: str, found: Finding) -> Neighbourhood:
    """Its neighbourhood."""
    with history_of(story) as history, relations(history) as sql:
        return neighbourhood(sql, found)


def test_the_thing_itself_comes_first() -> None:
    """A row that shares both operation and seq is nearer than one that shares a device."""
    rows = around(STORY, finding(ops=(3,), seqs=(5,), devs=(1,))).rows
    assert {"deliveries"} == {row.table for row in rows[:2]}
    assert sorted((row.score for row in rows), reverse=True) == [row.score for row in rows]


def test_a_table_gives_so_many_rows_and_no_more() -> None:
    """A message that arrived a hundred times is a neighbour a few times."""
    rows = around("members a b\na sends m1\n" + "b gets m1 = 5\n" * 100, finding(seqs=(5,))).rows
    assert MAX_PER_TABLE == sum(row.table == "deliveries" for row in rows)


def test_other_conversations_are_far_away() -> None:
    """The same seq elsewhere is no neighbour, unless it is about the same operation."""
    tables = tables_of(STORY)
    elsewhere = {**tables["deliveries"][-1], "conv": 2, "op": None, "rec": 1000}
    tables["deliveries"] = [*tables["deliveries"], elsewhere]
    with history_of(STORY) as first, History.of(first.run, tables) as history, relations(history) as sql:
        rows = neighbourhood(sql, finding(seqs=(5,))).rows
    assert {CONV} == {row.values["conv"] for row in rows if row.table == "deliveries"}


def test_facts_are_not_taken_away() -> None:
    """Devices, conversation, phases and provisioned memberships are no rows that a proof could do without."""
    found = around(STORY, finding(ops=(3,), seqs=(5,), devs=(0, 1)))
    assert {"devices", "conversations", "phases", "memberships"} == {row.table for row in found.facts}
    assert {"devices", "conversations", "phases", "memberships"}.isdisjoint(row.table for row in found.rows)


def test_sessions_have_owners() -> None:
    """Every session that a row names is somebody's."""
    assert {1: 0, 2: 1} == around(STORY, finding(ops=(3,), seqs=(5,), devs=(0, 1))).owners
