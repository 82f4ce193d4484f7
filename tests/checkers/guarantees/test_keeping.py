"""Guarantees about what must be kept and what must be gone: attachment-intact, retention-exact, one-time-key-once."""

from __future__ import annotations

import pytest

from tests.checkers.guarantees.judged import chances, found, kinds, kinds_in
from tests.checkers.stories import tables_of

BLOB = "members a b c\na uploads blob 7 for m1\na acked m1 = 1\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("b gets blob 7", []),
        ("b gets blob 7 altered", ["altered"]),
        ("b gets blob 7, status 404", ["gone"]),
        ("b gets blob 7, status 503", []),
        ("b gets blob 7 by a link of 62s ago", []),
        ("b gets blob 7 by a link of 62s ago, status 403", []),
        ("b gets blob 7 by a link of 66s ago", ["link still works"]),
        ("b gets blob 7 revoked 4s ago", []),
        ("b gets blob 7 revoked 6s ago", ["link still works"]),
        ("b gets blob 7 revoked 6s ago, status 403", []),
    ],
)
def test_a_link_works_as_long_as_it_lives(line: str, expected: list[str]) -> None:
    """To the byte while it is valid, refused or not for five seconds more, and never after that."""
    assert expected == kinds("attachment-intact", BLOB + line + "\n")


def test_who_may_not_see_the_message_may_be_refused() -> None:
    """A removed member's 403 is right; the uploader's is not."""
    story = "members a b\nb kicked = 1\na uploads blob 7 for m2\na acked m2 = 2\n"
    assert [] == found("attachment-intact", story + "b gets blob 7, status 403\n")
    assert ["gone"] == kinds("attachment-intact", story + "a gets blob 7, status 403\n")


def test_a_blob_under_retention_may_expire() -> None:
    """Whether it is gone rightly is a matter of retention-exact."""
    assert [] == found("attachment-intact", "everything is kept 60s\n" + BLOB + "b gets blob 7, status 404\n")


def test_errors_of_the_server_are_no_chance() -> None:
    """A 503 says nothing of the blob."""
    assert 1 == chances("attachment-intact", BLOB + "b gets blob 7\nb gets blob 7, status 503\n")


KEPT = "members a b\neverything is kept 60s\na sends m1\na acked m1 = 1\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("probe of store misses 1", ["young is gone"]),
        ("probe of api misses 1", ["young is gone"]),
        ("probe of index misses 1", []),
        ("probe of store finds 1 altered", ["altered"]),
        ("wait 59s\nprobe of store misses 1", ["young is gone"]),
        ("wait 62s\nprobe of store misses 1", []),
        ("wait 62s\nprobe of store finds 1", []),
        ("wait 66s\nprobe of store finds 1", ["still there"]),
        ("wait 66s\nprobe of index finds 1", ["still there"]),
        ("wait 66s\nprobe of cache finds 1", ["still there"]),
        ("wait 66s\nprobe of log finds 1", []),
        ("wait 66s\nb reads 1 by 50", ["still there"]),
        ("wait 66s\nb searches m1 and finds 1", ["still there"]),
        ("wait 66s\nprobe of store finds the canary", ["canary still there"]),
        ("wait 66s\na sends m2\na acked m2 = 2\nprobe of store finds the canary", []),
    ],
)
def test_young_is_there_and_expired_is_gone(lines: str, expected: list[str]) -> None:
    """Sixty seconds kept, five for the sweep; in between both are right. A lagging surface may lack what is young."""
    assert expected == kinds("retention-exact", KEPT + lines + "\n")


def test_the_log_has_a_window_of_its_own() -> None:
    """What expired may stay in raw log files, for so long and no longer."""
    story = KEPT + "wait 66s\nprobe of log finds {}\n"
    for thing in ("1", "the canary"):
        assert [] == found("retention-exact", story.format(thing))
        assert 1 == len(found("retention-exact", story.format(thing), bounds={"log_window_ns": 0}))


HELD = KEPT + "everything is held\nwait 70s\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("probe of store finds 1", []),
        ("probe of store misses 1", ["held is gone"]),
        ("probe of api misses 1", []),
        ("the hold is over\nprobe of store finds 1", []),
        ("the hold is over\nwait 6s\nprobe of store finds 1", ["still there"]),
        ("the hold is over\nwait 1s\nprobe of store misses 1", []),
        ("everything is erased\nwait 9s\nprobe of store finds 1", []),
    ],
)
def test_what_is_held_is_kept(lines: str, expected: list[str]) -> None:
    """Beyond its expiry and against an erasure, where it is stored; users need not see it."""
    assert expected == kinds("retention-exact", HELD + lines + "\n")


def test_a_hold_after_the_expiry_saves_nothing() -> None:
    """What was already gone need not come back."""
    assert [] == found("retention-exact", KEPT + "wait 62s\neverything is held\nwait 1s\nprobe of store misses 1\n")


def test_erasure_spares_what_comes_after_it() -> None:
    """It is about what there was."""
    story = "members a b\na sends m1\na acked m1 = 1\neverything is erased\nwait 6s\na sends m2\na acked m2 = 2\n"
    assert ["still there"] == kinds("retention-exact", story + "probe of store finds 1\nprobe of store finds 2\n")
    assert ["young is gone"] == kinds("retention-exact", story + "probe of store misses 1\nprobe of store misses 2\n")


def test_of_two_rules_the_longer_says_when_it_must_be_gone() -> None:
    """And the shorter how long it must be there."""
    story = KEPT + "everything is kept 90s\nwait 70s\nprobe of store {} 1\n"
    assert [] == found("retention-exact", story.format("finds"))
    assert [] == found("retention-exact", story.format("misses"))
    assert [] == found("retention-exact", KEPT + "everything is kept for ever\nwait 99s\nprobe of store finds 1\n")


def test_a_hold_that_is_over_expires_nothing() -> None:
    """Without a rule there is no end."""
    story = "members a b\na sends m1\na acked m1 = 1\neverything is held\nthe hold is over\nwait 9s\n"
    assert [] == found("retention-exact", story + "probe of store finds 1\n")
    assert ["young is gone"] == kinds("retention-exact", story + "probe of store misses 1\n")


def test_ages_are_taken_by_the_servers_clock() -> None:
    """A server whose clock is an hour ahead keeps and expires just the same."""
    hour_ns = 3_600_000_000_000
    tables = tables_of(KEPT + "probe of store misses 1\nwait 66s\nprobe of store finds 1\n")
    for row in tables["deliveries"]:
        row["server_ts_ns"] += hour_ns
    for row in tables["policies"]:
        row["effective_server_ns"] += hour_ns
    assert ["young is gone", "still there"] == kinds_in("retention-exact", tables)


def test_a_deleted_message_need_not_be_there() -> None:
    """Its author took it away."""
    tables = tables_of(KEPT + "probe of store misses 1\n")
    tables["operations"].append({**tables["operations"][0], "op": 99, "kind": "delete", "ref_seq": 1, "rec": 999})
    assert [] == kinds_in("retention-exact", tables)


def test_a_key_is_claimed_once() -> None:
    """By one operation, however often that is tried; another key is another matter."""
    story = "members a b c\na publishes key 7\na publishes key 8\nb claims key 7\nb claims key 7 again\n"
    story += "c claims key 8\n"
    assert [] == found("one-time-key-once", story)
    assert ["claimed twice"] == kinds("one-time-key-once", story + "c claims key 7\n")
    assert 3 == chances("one-time-key-once", story)


def test_a_skipped_item_is_lost() -> None:
    """A later one was delivered; one that is late but comes is not lost."""
    story = "members a\nqueue of a takes 1\nqueue of a takes 2\nqueue of a gives 2\n"
    assert ["item skipped"] == kinds("one-time-key-once", story)
    assert [] == found("one-time-key-once", story + "queue of a gives 1\n")


def test_an_item_waits_for_a_device_that_is_away() -> None:
    """Who is not there at the end may get it later."""
    story = "members a\nqueue of a takes 1\n"
    assert ["item not delivered"] == kinds("one-time-key-once", story)
    assert [] == found("one-time-key-once", story + "a disconnects\n")
