"""no-lost-message: who must see what, and what is no loss."""

from __future__ import annotations

import pytest

from tests.checkers.guarantees.judged import chances, found, kinds

SENT = """
    members a b c
    a sends m1
    a acked m1 = 5
"""


def test_it_says_for_whom_and_where() -> None:
    """A message lost for everybody at the end of the stream, not even in a read, is told as such."""
    finding = found("no-lost-message", SENT)[0]
    assert ("some devices", "tail", False) == (finding.kind, finding.data["place"], finding.data["in_store"])
    assert ((1, 2), 3) == (finding.devs, finding.data["expected_devices"])


def test_a_message_in_the_store_is_told_apart() -> None:
    """It was read by history, so it is lost on the way and not in the store."""
    assert found("no-lost-message", SENT + "a reads 5 by 50\n")[0].data["in_store"]


def test_arriving_is_not_being_shown() -> None:
    """A raw arrival that the timeline did not show is lost to its user."""
    assert ["one device"] == kinds("no-lost-message", SENT + "b gets m1 = 5\nc shows m1 = 5\n")


def test_an_unknown_send_may_be_lost() -> None:
    """Without an ack nothing was promised."""
    assert [] == found("no-lost-message", "members a b\na sends m1\na loses m1\n")


@pytest.mark.parametrize("leaving", ["b kicked = 5", "b leaves = 5", "b kicked unanswered"])
def test_who_left_before_it_need_not_see_it(leaving: str) -> None:
    """A removal, certain or possible, ends what the user must see."""
    story = f"members a b\na sends m1\n{leaving}\na acked m1 = 6\n"
    assert [] == found("no-lost-message", story)


def test_who_returned_must_see_what_came_before_and_after() -> None:
    """Between the kick and the join nothing is owed; before and after everything is."""
    story = """
        members a b
        a sends m4
        a acked m4 = 4
        b kicked = 5
        a sends m6
        a acked m6 = 6
        b joins = 7
        a sends m8
        a acked m8 = 8
    """
    assert [(4,), (8,)] == [finding.seqs for finding in found("no-lost-message", story)]


def test_what_came_before_the_first_subscription_is_not_owed() -> None:
    """A device that began at head 5 need not have seq 5, but seq 6."""
    story = """
        members a b
        b shows join = 5
        a sends m1
        a acked m1 = 4
    """
    assert ["one device"] == kinds("no-lost-message", story)
    assert [] == found("no-lost-message", story.replace("b shows join = 5", "b begins at head 5"))


def test_a_device_that_is_away_at_the_end_is_not_judged() -> None:
    """Without a session over the end of drain a device is judged by `progress`, not here."""
    assert [] == found("no-lost-message", "members a b\nb disconnects\na sends m1\na acked m1 = 5\n")


def test_garbled_content_counts_as_shown() -> None:
    """A body that names no known send is a phantom; its seq was shown all the same."""
    assert [] == found("no-lost-message", "members a b\na sends m1\na acked m1 = 5\nb shows ghost = 5\n")


def test_another_message_at_its_seq_is_no_excuse() -> None:
    """A seq that holds another known message does not show this one."""
    story = "members a b\na sends m1\na sends m2\na acked m1 = 5\nb shows m2 = 5\n"
    assert [(5,)] == [finding.seqs for finding in found("no-lost-message", story)]


def test_every_device_of_a_user_must_show_it() -> None:
    """A second device of the sender is owed the message as well; opportunities count pairs."""
    story = "members a a2 b\na sends m1\na acked m1 = 5\nb shows m1 = 5\n"
    assert [(100,)] == [finding.devs for finding in found("no-lost-message", story)]
    assert 3 == chances("no-lost-message", story)
