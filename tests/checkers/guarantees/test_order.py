"""Guarantees about order: ordered-stream, sender-order, real-time-order, same-order-everywhere."""

from __future__ import annotations

from tests.checkers.guarantees.judged import chances, found, kinds

TWO = """
    members a b
    a sends m1
    a sends m2
    a acked m1 = 1
    a acked m2 = 2
"""


def test_a_repair_is_no_disorder() -> None:
    """What the client fetched behind a hole comes late by design."""
    assert [] == found("ordered-stream", TWO + "b shows m2 = 2\nb shows m1 = 1 via repair\n")


def test_a_late_push_after_its_repair_is_disorder_all_the_same() -> None:
    """The stream itself brought 2 before 1, whatever the client did in between."""
    story = TWO + "b shows m2 = 2\nb shows m1 = 1 via repair\nb gets m1 = 1\n"
    assert ["between frames"] == kinds("ordered-stream", story)


def test_a_resume_may_go_back_below_an_earlier_hole() -> None:
    """A new session starts from the contiguous cursor, so its replay may be lower than what was seen before."""
    later = "b disconnects\nb connects\nb shows m1 = 1 via resume\n"
    assert [] == found("ordered-stream", TWO + "b shows m2 = 2\n" + later)


def test_a_live_push_never_goes_back_over_sessions() -> None:
    """Live events follow the frontier of their resume, which is above all that was seen."""
    later = "b disconnects\nb connects\nb shows m1 = 1\n"
    assert ["between frames"] == kinds("ordered-stream", TWO + "b shows m2 = 2\n" + later)


def test_a_repeat_is_no_first_sighting() -> None:
    """Only first sightings count; the second time an event may come at any place."""
    assert [] == found("ordered-stream", TWO + "b shows m1 = 1\nb shows m2 = 2\nb gets m1 = 1\n")
    assert 1 == chances("ordered-stream", TWO + "b shows m1 = 1\nb shows m2 = 2\nb gets m1 = 1\n")


def test_pipelined_sends_are_judged_only_where_claimed() -> None:
    """Two sends without waiting, stored the other way round."""
    story = "members a b\na sends m1\na sends m2\na acked m1 = 2\na acked m2 = 1\n"
    assert ["pipelined"] == kinds("sender-order", story)
    assert [] == found("sender-order", story, {"pipelined_fifo": False})


def test_a_retried_send_is_not_pipelined() -> None:
    """Its second attempt may well come after another message."""
    story = "members a b\na sends m1\na loses m1\na sends m2\na acked m2 = 1\na retries m1\na acked m1 = 2\n"
    assert [] == found("sender-order", story)


def test_overlapping_sends_may_swap() -> None:
    """m2 was begun before m1 was acknowledged."""
    story = "members a b\na sends m1\nb sends m2\na acked m1 = 2\nb acked m2 = 1\n"
    assert [] == found("real-time-order", story)


def test_real_time_is_counted_over_workers() -> None:
    """Only a pair whose clocks are not one and the same is an opportunity."""
    assert 0 == chances("real-time-order", "members a c\na sends m1\na acked m1 = 1\nc sends m2\nc acked m2 = 2\n")
    assert 1 == chances("real-time-order", "members a b\na sends m1\na acked m1 = 1\nb sends m2\nb acked m2 = 2\n")


def test_a_read_in_another_order_is_accused() -> None:
    """A page that lists two messages the other way round."""
    assert ["read"] == kinds("same-order-everywhere", TWO + "a reads 2 1 by 50\n")


def test_a_backward_walk_has_the_same_order() -> None:
    """Pages are oldest first in both directions."""
    assert [] == found("same-order-everywhere", TWO + "a reads 1 2 by 50 backward\n")
