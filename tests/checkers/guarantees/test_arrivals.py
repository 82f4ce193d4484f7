"""Guarantees about single arrivals: no-phantom, no-aborted-delivery, shown-once, one-id-per-seq."""

from __future__ import annotations

import pytest

from tests.checkers.guarantees.judged import chances, found, kinds


def test_an_unknown_message_was_sent_by_nobody() -> None:
    """Its operation is not in the history at all."""
    assert ["nobody sent it"] == kinds("no-phantom", "members a b\nb shows ghost = 3\n")


@pytest.mark.parametrize("event", ["kick", "leave"])
def test_an_unknown_membership_event_is_a_phantom(event: str) -> None:
    """A lying target cannot define who is a member; a change that was tried and has no answer may be it."""
    assert ["change of membership"] == kinds("no-phantom", f"members a b\nb shows {event} = 3\n")
    change = {"kick": "kicked", "leave": "leaves"}[event]
    assert [] == found("no-phantom", f"members a b\na {change} = 3\nb shows {event} = 3\n")
    assert [] == found("no-phantom", f"members a b\na {change} unanswered\nb shows {event} = 3\n")


def test_fan_out_may_precede_the_ack() -> None:
    """What is invoked may arrive."""
    assert [] == found("no-phantom", "members a b\na sends m1\nb shows m1 = 1\n")


def test_an_earlier_unknown_attempt_may_arrive() -> None:
    """A definite error on a retry settles nothing about the attempt before it."""
    story = "members a b\na sends m1\na loses m1\na retries m1\na refused m1 not_member\nb shows m1 = 1\n"
    assert [] == found("no-aborted-delivery", story)
    assert 0 == chances("no-aborted-delivery", story)


def test_a_new_view_may_show_everything_again() -> None:
    """An announced reset begins a new timeline."""
    story = "members a b\na sends m1\nb shows m1 = 1\nb shows m1 = 1 via resume view 1\n"
    assert [] == found("shown-once", story)


def test_one_message_shown_at_two_seqs_is_shown_twice() -> None:
    """The user sees the text twice, whatever the seqs are."""
    assert ["same message"] == kinds("shown-once", "members a b\na sends m1\nb shows m1 = 1\nb shows m1 = 2\n")


def test_an_own_message_is_shown_by_ack_or_echo() -> None:
    """Shown by both it is there twice."""
    story = "members a b\na sends m1\na acked m1 = 1\n"
    assert [] == found("shown-once", story + "a gets m1 = 1\n")
    assert ["same seq"] == kinds("shown-once", story + "a shows m1 = 1\n")


def test_an_id_has_one_seq() -> None:
    """One id at two seqs, where no seq has two ids."""
    story = "members a b c\na sends m1\nb shows m1 = 1 id 7\nc shows m1 = 2 id 7\n"
    assert ["one id at two seqs"] == kinds("one-id-per-seq", story)


def test_a_message_and_a_kick_cannot_share_a_seq() -> None:
    """Two kinds of event at one seq."""
    story = "members a b c\na sends m1\nb shows m1 = 5\nc kicked = 5\n"
    assert ["two events at one seq"] == kinds("one-id-per-seq", story)


def test_a_second_effect_of_a_key_is_not_accused_here() -> None:
    """A send that was stored twice has two seqs and two ids, each of them unambiguous."""
    story = "members a b\na sends m1\na acked m1 = 1\nb shows m1 = 1\nb shows m1 = 2\n"
    assert [] == found("one-id-per-seq", story)


def test_a_refused_message_that_arrives_is_told_from_its_first_arrival_on() -> None:
    """An ack of it is no arrival: whoever was refused and acknowledged is a matter of `idempotent-send`."""
    refused = "members a b c\na sends m1\na refused m1 too_large\n"
    assert [] == found("no-aborted-delivery", refused + "a shows m1 = 1 via ack\n")
    (finding,) = found("no-aborted-delivery", refused + "b shows m1 = 1\nc shows m1 = 1\n")
    assert ((1, 2), 40_000_000) == (finding.devs, finding.t_ns)
