"""causal-order and read-your-writes: what follows from what a device had seen or done."""

from __future__ import annotations

from tests.checkers.guarantees.judged import chances, found, kinds

REPLY = """
    members a b c
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    b sends m2
    b acked m2 = 2
"""


def test_a_reply_before_what_it_answers_is_accused_by_name() -> None:
    """The finding names both messages, and whose stream shows it."""
    (finding,) = found("causal-order", REPLY + "c shows m2 = 2\nc shows m1 = 1\n")
    assert (2, 1) == (finding.data["effect_seq"], finding.data["cause_seq"])
    assert (1, 2) == finding.devs


def test_what_the_sender_had_not_got_may_come_later() -> None:
    """Messages that know nothing of each other have no causal order."""
    story = "members a b c\na sends m1\na acked m1 = 1\nb sends m2\nb acked m2 = 2\nc shows m2 = 2\nc shows m1 = 1\n"
    assert [] == found("causal-order", story)
    assert 0 == chances("causal-order", story)


def test_a_log_that_puts_the_reply_first_is_accused_too() -> None:
    """Every stream is in the order of its seqs, and yet the answer stands above the question."""
    story = "members a b c\na sends m1\na acked m1 = 2\nb shows m1 = 2\nb sends m2\nb acked m2 = 1\n"
    assert [] == found("causal-order", story)
    assert ["effect before its cause"] == kinds("causal-order", story + "c shows m2 = 1\nc shows m1 = 2\n")


def test_an_own_earlier_message_is_a_cause() -> None:
    """The sender had it by its ack."""
    story = "members a b\na sends m1\na acked m1 = 1\na sends m2\na acked m2 = 2\nb shows m2 = 2\nb shows m1 = 1\n"
    assert ["effect before its cause"] == kinds("causal-order", story)


def test_a_cause_that_was_repaired_before_is_not_late() -> None:
    """The observer had the question already when the answer came; after it, a repair comes too late."""
    assert [] == found("causal-order", REPLY + "c gets m1 = 1 via repair\nc shows m2 = 2\nc shows m1 = 1\n")
    late = REPLY + "c shows m2 = 2\nc gets m1 = 1 via repair\nc shows m1 = 1\n"
    assert [] == found("causal-order", late)


def test_a_named_gap_excuses() -> None:
    """Whoever was told that a seq is missing may get it later."""
    assert [] == found("causal-order", REPLY + "c told gap 1-1\nc shows m2 = 2\nc shows m1 = 1\n")


def test_a_later_session_may_bring_what_an_earlier_one_missed() -> None:
    """A resume starts from the contiguous cursor."""
    later = "c disconnects\nc connects\nc shows m1 = 1 via resume\n"
    assert [] == found("causal-order", REPLY + "c shows m2 = 2\n" + later)


WRITTEN = "members a b\na sends m1\na acked m1 = 1\n"


def test_a_read_without_a_position_asks_for_nothing() -> None:
    """It may be answered from an older state."""
    assert [] == found("read-your-writes", WRITTEN + "a reads nothing by 50\n")
    assert 0 == chances("read-your-writes", WRITTEN + "a reads 1 by 50\n")


def test_a_position_before_the_message_asks_for_less() -> None:
    """The message stands above the position that was asked for."""
    story = WRITTEN + "a sends m2\na acked m2 = 2\n"
    assert [] == found("read-your-writes", story + "a reads 1 at position 1\n")
    assert ["history lacks it"] == kinds("read-your-writes", story + "a reads 1 at position 2\n")


def test_only_own_messages_count() -> None:
    """What another device wrote is no own write."""
    assert [] == found("read-your-writes", WRITTEN + "b reads nothing at position 1\n")


def test_a_read_begun_before_the_ack_may_lack_it() -> None:
    """The order is that of the device's own record."""
    assert [] == found("read-your-writes", "members a b\na sends m1\na reads nothing at position 1\na acked m1 = 1\n")


def test_a_search_for_the_text_finds_it() -> None:
    """A search with the position is held to the same promise, unless the message was edited."""
    assert ["search lacks it"] == kinds("read-your-writes", WRITTEN + "a searches m1 at position 1 and finds nothing\n")
    assert [] == found("read-your-writes", WRITTEN + "a searches m1 at position 1 and finds 1\n")
    edited = WRITTEN + "a edits m1 to x = 2\na searches m1 at position 2 and finds nothing\n"
    assert [] == found("read-your-writes", edited)


def test_what_may_have_expired_is_not_expected() -> None:
    """With a retention policy in force a read may lack what was acknowledged."""
    story = "members a b\neverything is kept 60s\na sends m1\na acked m1 = 1\na reads nothing at position 1\n"
    assert [] == found("read-your-writes", story)
