"""Boundaries of the guarantees: what a small mistake in a query would change. Found by mutants of the judge."""

from __future__ import annotations

import pytest

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.judge import count
from tests.checkers.guarantees.judged import found, kinds, kinds_in, ready
from tests.checkers.stories import history_of, tables_of

THREE = """
    members a b
    a sends m1
    a sends m2
    a sends m3
    a acked m1 = 1
    a acked m2 = 2
    a acked m3 = 3
    b shows m1 = 1
"""
STEP_NS = 10_000_000


def last_arrival_as(name: str, story: str, **values: object) -> list[str]:
    """The violations of a story whose last arrival has other values in its row."""
    tables = tables_of(story)
    tables["deliveries"][-1] |= values
    return kinds_in(name, tables)


@pytest.mark.parametrize("message", ["m1", "ghost"])
def test_a_users_own_stream_shows_no_message_of_a_conversation(message: str) -> None:
    """A row of the `me` stream is no showing of it, whether the body is known or garbled."""
    story = f"members a b\na sends m1\na acked m1 = 1\nb shows {message} = 1\n"
    assert [] == last_arrival_as("no-lost-message", story)
    assert ["one device"] == last_arrival_as("no-lost-message", story, scope="me")


def test_one_user_with_two_devices_is_told_apart_from_some_devices() -> None:
    """Both devices of one user lack it; then a second user's as well, but not everybody."""
    story = "members a b b2 c\na sends m1\na acked m1 = 1\n"
    assert ["one user"] == kinds("no-lost-message", story + "c shows m1 = 1\n")
    assert ["some devices"] == kinds("no-lost-message", story.replace(" c", " c d") + "d shows m1 = 1\n")


def test_the_place_of_a_loss_is_the_middle_where_it_is_for_any_device() -> None:
    """One device has what comes before and after, the other nothing at all."""
    middle = next(
        finding for finding in found("no-lost-message", THREE.replace("a b", "a b c") + "b shows m3 = 3\n")
        if finding.seqs == (2,)
    )
    assert ((1, 2), "middle") == (middle.devs, middle.data["place"])


def test_refusals_of_an_effective_key_are_told_from_the_first_one_on() -> None:
    """Two retries, both refused: one violation, since the first refusal."""
    story = "members a b\na sends m1\nb shows m1 = 1\n" + "a retries m1\na refused m1 not_member\n" * 2
    (finding,) = found("idempotent-send", story)
    assert 5 * STEP_NS == finding.t_ns


def test_a_refused_other_body_is_no_refused_retry() -> None:
    """That it stands in the conversation at all is the violation."""
    story = "members a b\na sends m1\nb shows m1 = 1\na sends x with the key of m1\nb shows x = 2\n"
    assert ["another body accepted"] == kinds("idempotent-send", story + "a refused x different_body\n")


@pytest.mark.parametrize(("steps", "expected"), [(100, 1), (101, 0)])
def test_the_window_of_a_key_includes_its_last_instant(steps: int, expected: int) -> None:
    """A retry after exactly the claimed second is an opportunity, one step later it is none."""
    waiting = "wait 0s\n" * (steps - 2)
    story = f"members a b\na sends m1\na acked m1 = 1\n{waiting}a retries m1\na acked m1 = 1 again\n"
    with history_of(story, {"idempotent_window_s": 1}) as history, ready(history, GUARANTEES["idempotent-send"]) as sql:
        assert expected == count(sql, GUARANTEES["idempotent-send"])


def test_a_hole_is_told_once() -> None:
    """A repeat of what lies below it does not open it again."""
    story = THREE + "a sends m4\na acked m4 = 4\nb shows m3 = 3\nb gets m1 = 1\nb shows m4 = 4\n"
    assert ["lost", "skip"] == sorted(kinds("no-gap", story))


def test_a_new_view_or_epoch_begins_anywhere() -> None:
    """What was seen before the reset is not jumped from."""
    assert "skip" in kinds("no-gap", THREE + "b shows m3 = 3\n")
    assert "skip" not in last_arrival_as("no-gap", THREE + "b shows m3 = 3\n", view=1)
    assert "skip" not in last_arrival_as("no-gap", THREE + "b shows m3 = 3\n", epoch=2)


def test_the_last_event_before_the_own_kick_is_owed() -> None:
    """It is jumped over when the kick arrives."""
    story = THREE + "b shows m2 = 2\nb kicked = 4\nb shows kick = 4\n"
    assert [("skip", (3,))] == [(finding.kind, finding.seqs) for finding in found("no-gap", story)]


def test_the_own_join_is_owed() -> None:
    """It is the first event of the new membership."""
    seen = "a shows kick = 2\na shows join = 4\n"
    story = f"members a b\nb kicked = 2\nb joins = 4\n{seen}a sends m5\na acked m5 = 5\nb shows m5 = 5\n"
    assert [("lost", (4,))] == [(finding.kind, finding.seqs) for finding in found("no-gap", story)]


def test_what_another_device_of_the_user_sent_comes_by_push_unless_nothing_is_echoed() -> None:
    """`none` means no device of the sender; `other_devices` leaves out the sending one only."""
    story = "members a a2 b\na2 sends m2\nb sends m3\na shows join = 1\nb shows m2 = 2\na shows m3 = 3\n"
    assert "skip" not in kinds("no-gap", story, {"echo": "none"})
    assert "skip" in kinds("no-gap", story, {"echo": "other_devices"})


HOLE = THREE + "b shows m3 = 3\n"


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("wait 0s\nb shows m2 = 2 via repair\nwait 1s\n", []),
        ("wait 0s\nwait 0s\nb shows m2 = 2 via repair\nwait 1s\n", ["stuck"]),
        ("wait 0s\nb disconnects\nwait 1s\n", []),
        ("wait 0s\nwait 0s\nb disconnects\nwait 1s\n", ["stuck"]),
        ("link b cut\nwait 1s\n", []),
        ("wait 0s\nlink b cut\nwait 1s\n", ["stuck"]),
    ],
    ids=["filled in time", "filled late", "left in time", "left late", "cut before", "cut at the bound"],
)
def test_a_hole_is_stuck_beyond_its_bound(rest: str, expected: list[str]) -> None:
    """Two steps are allowed; who is gone by then, or was under a fault meanwhile, is not judged."""
    bounds = {"gap_stuck_ns": 2 * STEP_NS}
    told = kinds("no-gap", HOLE + rest, {"contiguous_push": False}, bounds)
    assert expected == [kind for kind in told if kind != "lost"]


@pytest.mark.parametrize(("calm_ns", "expected"), [(9_000_000, ["stuck"]), (STEP_NS, [])])
def test_a_hole_is_judged_as_soon_as_it_is_calm(calm_ns: int, expected: list[str]) -> None:
    """The calm bound after the heal, which is confirmed a millisecond late, ends at the arrival or after it."""
    story = THREE + "link b cut\nlink b mended\nb shows m3 = 3\nwait 1s\n"
    bounds = {"gap_stuck_ns": 2 * STEP_NS, "calm_after_heal_ns": calm_ns}
    told = kinds("no-gap", story, {"contiguous_push": False}, bounds)
    assert expected == [kind for kind in told if kind != "lost"]
