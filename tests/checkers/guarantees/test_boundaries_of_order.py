"""Boundaries of what is unique and in order: small mistakes in a query that mutants of the judge showed."""

from __future__ import annotations

from typing import Any

import pytest

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.judge import count
from tests.checkers.guarantees.judged import found, kinds, kinds_in, ready
from tests.checkers.stories import opened, tables_of


@pytest.mark.parametrize("column", ["view", "epoch"])
def test_a_message_shown_at_two_seqs_in_each_of_two_views_is_two_violations(column: str) -> None:
    """A view, or an epoch, has a timeline of its own."""
    tables = tables_of("members a b\na sends m1\n" + "b shows m1 = 1\nb shows m1 = 2\n" * 2)
    for row in tables["deliveries"][-2:]:
        row[column] = 7
    assert ["same message"] * 2 == kinds_in("shown-once", tables)


def test_a_users_own_stream_is_no_conversation() -> None:
    """Not even conversation 0, whatever conversations its rows name."""
    tables = tables_of("members a b\na sends m1\nb shows m1 = 1\nb shows m1 = 1\n")
    tables["deliveries"][-2]["conv"] = 0
    tables["deliveries"][-1]["scope"] = "me"
    assert [] == kinds_in("shown-once", tables)


def test_a_retry_that_is_answered_as_a_duplicate_needs_no_effect_to_count() -> None:
    """Its answer says that the key was effective, even where nobody saw the message."""
    tables = tables_of("members a b\na sends m1\na loses m1\na retries m1\na acked m1 = 1 again\n")
    for row in (*tables["attempts"], *tables["operations"]):
        row["ack_seq"] = None
    guarantee = GUARANTEES["idempotent-send"]
    with opened(tables) as history, ready(history, guarantee) as sql:
        assert 1 == count(sql, guarantee)


def test_the_highest_of_all_earlier_acks_counts() -> None:
    """Not only the last two."""
    story = "members a b\n" + "".join(f"a sends m{n}\na acked m{n} = {n % 9 + 1}\n" for n in (8, 9, 10, 11, 12))
    assert {9} == {finding.data["earlier_seq"] for finding in found("sender-order", story)}


@pytest.mark.parametrize(("transport", "expected"), [("ws", ["pipelined"]), ("http", [])])
def test_only_a_connection_is_a_pipeline(transport: str, expected: list[str]) -> None:
    """Requests of their own may overtake each other."""
    tables = tables_of("members a b\na sends m1\na sends m2\na acked m2 = 1\na acked m1 = 2\n")
    for row in tables["attempts"]:
        row["transport"] = transport
    assert expected == kinds_in("sender-order", tables)


def test_pipelined_sends_of_two_epochs_are_not_compared() -> None:
    """A new epoch counts from the beginning."""
    tables = tables_of("members a b\na sends m1\na sends m2\na acked m2 = 1\na acked m1 = 2\n")
    _in_epoch_2(tables, 1)
    assert [] == kinds_in("sender-order", tables)


def _in_epoch_2(tables: dict[str, list[dict[str, Any]]], seq: int) -> None:
    """Move everything that stands at a seq to another epoch."""
    for row in tables["deliveries"]:
        row["epoch"] = 2 if row["seq"] == seq else 1
    for row in (*tables["attempts"], *tables["operations"]):
        if row.get("ack_seq") == seq:
            row["ack_epoch"] = 2


def test_an_edit_elsewhere_explains_no_body_here() -> None:
    """The body of an edit is the content of its message alone."""
    story = "members a b\na sends m1\nb shows m1 = 1 altered\na acked m1 = 1\n"
    assert ["altered"] == kinds("no-phantom", story)
    tables = tables_of(story)
    (send,) = tables["operations"]
    altered = next(row for row in tables["deliveries"] if row["body_hash"] != send["body_hash"])
    altered["content_ok"] = True
    edit = {**send, "op": send["op"] + 1, "rec": 10**6, "kind": "edit", "ref_seq": 1, "u": None,
            "body_hash": altered["body_hash"]}
    assert [] == kinds_in("no-phantom", {**tables, "operations": [send, edit]})
    assert ["altered"] == kinds_in("no-phantom", {**tables, "operations": [send, {**edit, "conv": 2}]})


def test_both_orders_of_a_repeated_message_are_its_first() -> None:
    """A page that lists a message twice has it where it is first."""
    story = "members a b\na sends m1\na sends m2\na acked m1 = 1\na acked m2 = 2\nb reads 1 2 1 by 50\n"
    assert [] == kinds("same-order-everywhere", story)
