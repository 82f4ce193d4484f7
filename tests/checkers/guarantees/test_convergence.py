"""Guarantees about markers, presence and progress, and what excuses a late or missing change."""

from __future__ import annotations

import pytest

from tests.checkers.guarantees.judged import chances, found, kinds


def test_a_marker_cannot_run_ahead_of_its_user() -> None:
    """Seen at 6, asked for 5 at most; a read marker says delivered too."""
    assert [] == found("receipts-forward", "members a b\na marks read 5\nb sees a read 5\n")
    assert ["ahead of its user"] == kinds("receipts-forward", "members a b\na marks read 5\nb sees a read 6\n")
    assert ["ahead of its user"] == kinds("receipts-forward", "members a b\na marks delivered 5\nb sees a read 5\n")


def test_a_new_session_may_start_lower() -> None:
    """Going back counts within one observer session only."""
    story = "members a b\na marks read 5\nb sees a read 5\nb disconnects\nb connects\nb sees a read 4 at first\n"
    assert [] == found("receipts-forward", story)


def test_read_beyond_delivered_is_accused() -> None:
    """One snapshot with read above delivered."""
    story = "members a b\na marks read 5\nb sees a read 5 delivered 4\n"
    assert ["read beyond delivered"] == kinds("receipts-forward", story)


def test_a_receipt_below_an_acknowledged_one_is_a_chance() -> None:
    """Backward receipts of any device of the user count."""
    assert 1 == chances("receipts-forward", "members a a2 b\na marks read 5\na2 marks read 3\n")
    assert 0 == chances("receipts-forward", "members a b\na marks read 3\na marks read 5\n")


def test_what_is_not_at_rest_is_not_judged() -> None:
    """The marker changed less than the bound before the session's end."""
    story = "members a b c\na marks read 5\nb sees a read 5\nc sees a read 4\n"
    assert [] == found("receipts-converge", story)
    assert ["not visible", "observers disagree"] == kinds("receipts-converge", story + "wait 6s\n")


def test_who_left_need_not_converge() -> None:
    """Neither the markers of a user who was removed, nor what such a user sees, are judged."""
    story = "members a b c\na marks read 5\nb sees a read 5\nc sees a read 4\n{} kicked = 9\nwait 6s\n"
    assert [] == found("receipts-converge", story.format("a"))
    assert [] == found("receipts-converge", story.format("c"))


@pytest.mark.parametrize("who", ["a", "b"])
def test_who_returned_during_the_session_is_not_judged(who: str) -> None:
    """Whoever was away, what moved then comes with the next resume; in a session begun after the return it counts."""
    story = f"members a b\na marks read 5\nb sees a read 4\n{who} kicked = 6\n{who} joins = 7\n"
    assert [] == found("receipts-converge", story + "wait 6s\n")
    assert ["not visible"] == kinds("receipts-converge", story + "b disconnects\nb connects\nwait 6s\n")


ONLINE = """
    members a b
    a is online
    b sees a online at first
"""


def test_a_late_change_is_legal_within_the_bound() -> None:
    """Two seconds are allowed; three are not."""
    left = ONLINE + "a disconnects\nwait {}s\nb sees a offline\nwait 9s\n"
    assert [] == found("presence-converges", left.format(1))
    assert ["wrong too long"] == kinds("presence-converges", left.format(3))


def test_another_device_keeps_a_user_online() -> None:
    """The truth is ORed over a user's devices."""
    story = "members a a2 b\na is online\na2 is online\nb sees a online at first\na disconnects\nwait 9s\n"
    assert [] == found("presence-converges", story)
    assert ["wrong too long"] == kinds("presence-converges", story + "a2 disconnects\nwait 9s\n")


def test_either_is_never_wrong() -> None:
    """While a change is under way both states are right."""
    assert [] == found("presence-converges", ONLINE + "a is either\nwait 9s\n")


def test_unknown_is_no_lie() -> None:
    """A node that says it does not know accuses nobody."""
    assert [] == found("presence-converges", ONLINE + "b sees a unknown\na disconnects\nwait 9s\n")


@pytest.mark.parametrize("link", ["link a", "link b"])
def test_a_fault_on_either_link_excuses(link: str) -> None:
    """Neither a subject that cannot be heard nor a watcher that cannot hear is judged."""
    assert [] == found("presence-converges", ONLINE + f"{link} cut\na disconnects\nwait 9s\n{link} mended\nwait 3s\n")


def test_long_after_the_heal_it_is_judged_again() -> None:
    """Beyond the half-open bound nothing excuses a ghost."""
    story = ONLINE + "link a cut\na disconnects\nlink a mended\nwait 17s\nwait 5s\n"
    assert ["wrong too long"] == kinds("presence-converges", story)


def test_a_kill_ends_the_doubts_of_earlier_faults() -> None:
    """No half-open session outlives the only process, so who is away after its restart is offline for all."""
    faults = "link a cut\nlink a mended\nnode killed\na disconnects\nb disconnects\nnode ready\nb connects\n"
    assert ["wrong too long"] == kinds("presence-converges", ONLINE + faults + "b sees a online at first\nwait 10s\n")


def test_before_its_snapshot_a_watcher_is_not_judged() -> None:
    """A session that was never hydrated believes nothing."""
    assert [] == found("presence-converges", "members a b\na is online\nb sees a offline\nwait 9s\n")


def test_an_older_version_after_a_newer_one_is_accused() -> None:
    """Versions of one session only grow."""
    story = "members a b\nb sees a online at first version 2\nb sees a offline version 1\n"
    assert ["older after newer"] == kinds("presence-converges", story)


def test_users_who_stayed_away_over_a_kill_are_the_chance() -> None:
    """Who came back at once is none."""
    killed = ONLINE + "node killed\na disconnects\nb disconnects\nnode ready\nb connects\n"
    assert 1 == chances("presence-converges", killed + "b sees a offline at first\nwait 20s\n")
    assert 0 == chances("presence-converges", killed + "a connects\nb sees a online at first\nwait 20s\n")


def test_a_sighted_operation_is_resolved() -> None:
    """A send without an answer that someone saw is no open question; one that nobody saw is, after the bound."""
    story = "members a b\na sends m1\na loses m1\n"
    assert ["unresolved"] == kinds("progress", story + "wait 61s\n")
    assert [] == found("progress", story + "b shows m1 = 1\nwait 61s\n")
    assert [] == found("progress", story + "wait 9s\n")


def test_most_operations_failing_is_no_progress() -> None:
    """Twenty tried, none answered."""
    sends = "".join(f"a sends m{number}\n" for number in range(20))
    assert ["too few succeed"] == kinds("progress", "members a b\n" + sends)


@pytest.mark.parametrize(("rest", "expected"), [("", ["not drained"]), ("b shows m1 = 1\n", [])])
def test_a_device_that_never_got_the_head_is_stuck(rest: str, expected: list[str]) -> None:
    """Judged only where drain lasted its whole bound: the planes were still waiting for it."""
    story = "members a b\na sends m1\na acked m1 = 1\n" + rest
    assert expected == kinds("progress", story, bounds={"drain_ns": 5_000_000})
    assert [] == found("progress", story)


def test_a_device_without_a_session_is_stuck() -> None:
    """It should have come back after the heal."""
    story = "members a b\nb disconnects\na sends m1\na acked m1 = 1\n"
    assert ["no session"] == [
        finding.data["what"] for finding in found("progress", story, bounds={"drain_ns": 5_000_000})
    ]


def test_silence_after_a_heal_is_no_progress() -> None:
    """Nothing came back over that link within the bound."""
    healed = "members a b\nlink a cut\nwait 1s\nlink a mended\n"
    assert ["no round trip after heal"] == kinds("progress", healed + "wait 11s\n")
    assert [] == found("progress", healed + "a sends m1\na acked m1 = 1\nwait 11s\n")
