"""idempotent-send: what a retry may be answered, and what never."""

from __future__ import annotations

import pytest

from chatproof.checkers.guarantees.idempotent_send import TRANSIENT_CODES
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.questions import ask, question_of
from tests.checkers.guarantees.judged import chances, found, kinds, ready
from tests.checkers.stories import history_of

EFFECTIVE = """
    members a b
    a sends m1
    b shows m1 = 1
    a retries m1
"""


def test_a_retry_that_stands_twice_is_seen_by_readers_too() -> None:
    """Two seqs of one send are found where only a history read shows the second one."""
    story = "members a b\na sends m1\na acked m1 = 1\nb shows m1 = 2\n"
    assert ["two seqs"] == kinds("idempotent-send", story)


def test_two_ids_at_one_seq_are_two_effects() -> None:
    """The same send under one seq with two ids."""
    assert ["two ids"] == kinds("idempotent-send", "members a b\na sends m1\na acked m1 = 1\nb shows m1 = 1 id 9\n")


@pytest.mark.parametrize("code", ["not_member", "different_body", "stale_key", "forbidden"])
def test_an_effective_key_is_never_refused_for_good(code: str) -> None:
    """The message is there, so a definite refusal of its retry lies."""
    assert ["retry refused"] == kinds("idempotent-send", EFFECTIVE + f"a refused m1 {code}\n")


@pytest.mark.parametrize("code", TRANSIENT_CODES)
def test_a_refusal_that_says_nothing_of_the_key_is_legal(code: str) -> None:
    """The attempt had no effect; the key's first outcome stands."""
    assert [] == found("idempotent-send", EFFECTIVE + f"a refused m1 {code}\n")


def test_a_first_attempt_may_be_refused() -> None:
    """Nothing took effect, nothing is retried."""
    assert [] == found("idempotent-send", "members a b\na sends m1\na refused m1 not_member\n")


def test_a_refused_retry_of_what_never_took_effect_is_legal() -> None:
    """A lost request and a kick between the attempts: the refusal is the key's first outcome."""
    story = "members a b\na sends m1\na loses m1\na kicked = 2\na retries m1\na refused m1 not_member\n"
    assert [] == found("idempotent-send", story)


def test_two_bodies_under_one_key_are_both_accused() -> None:
    """Another body was acknowledged under a key that had taken effect."""
    story = EFFECTIVE + "a sends x with the key of m1\na acked x = 1 again\n"
    finding = next(each for each in found("idempotent-send", story) if each.kind == "another body accepted")
    assert 2 == len(finding.ops)


def test_another_body_first_is_no_conflict() -> None:
    """The first body never took effect, so the second one is the key's first."""
    story = "members a b\na sends m1\na loses m1\na sends x with the key of m1\na acked x = 1\n"
    assert [] == found("idempotent-send", story)


def test_one_key_of_two_users_is_two_keys() -> None:
    """Keys are scoped to their user."""
    story = "members a b\na sends m1\na acked m1 = 1\nb sends m2 with the key of m1\nb acked m2 = 2\n"
    assert [] == found("idempotent-send", story)


def test_retries_count_where_the_effect_was_known_before() -> None:
    """A sighting before the retry, or an answer that says duplicate, makes an opportunity; a lost request does not."""
    assert 1 == chances("idempotent-send", EFFECTIVE + "a acked m1 = 1 again\n")
    assert 1 == chances("idempotent-send", "members a b\na sends m1\na loses m1\na retries m1\na acked m1 = 1 again\n")
    assert 0 == chances("idempotent-send", "members a b\na sends m1\na loses m1\na retries m1\na acked m1 = 1\n")


def test_the_result_says_over_which_distance_it_was_held() -> None:
    """The longest time between a first attempt and an answered retry of an effective send."""
    story = "members a b\na sends m1\na acked m1 = 1\nwait 31s\na retries m1\na acked m1 = 1 again\n"
    with history_of(story) as history, ready(history, GUARANTEES["idempotent-send"]) as sql:
        assert "held to 31 seconds" == ask(sql, question_of(GUARANTEES["idempotent-send"])).qualifier


def test_beyond_the_claimed_window_anything_goes() -> None:
    """A target that claims ten seconds may store a retry after eleven again."""
    story = "members a b\na sends m1\na acked m1 = 1\nwait 11s\na retries m1\na acked m1 = 2 again\n"
    assert ["two seqs"] == kinds("idempotent-send", story)
    assert [] == found("idempotent-send", story, {"idempotent_window_s": 10})
