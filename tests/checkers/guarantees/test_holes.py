"""Guarantees about holes: no-gap, whole-resume, durable-ack, stable-history, dense-ids."""

from __future__ import annotations

import pytest

from tests.checkers.guarantees.judged import chances, found, kinds

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


def test_a_hole_that_nobody_saw_an_event_in_is_no_gap() -> None:
    """Only what exists can be jumped over; a number that is never taken is a matter of dense-ids."""
    assert [] == found("no-gap", "members a b\na sends m1\nb shows m1 = 1\na sends m3\nb shows m3 = 3\n")


def test_a_hole_in_time_of_absence_is_no_gap() -> None:
    """Between the kick and the return nothing is owed."""
    story = """
        members a b
        a sends m1
        a acked m1 = 1
        b shows m1 = 1
        b kicked = 2
        a shows kick = 2
        a sends m3
        a acked m3 = 3
        b joins = 4
        b shows join = 4
    """
    assert [] == found("no-gap", story)


def test_without_contiguous_push_only_a_lasting_hole_counts() -> None:
    """A hole that is filled within the bound is legal there; one that stays open is stuck."""
    claims = {"contiguous_push": False}
    assert [] == found("no-gap", THREE + "b shows m3 = 3\nb shows m2 = 2 via repair\nwait 6s\n", claims)
    assert "stuck" in kinds("no-gap", THREE + "b shows m3 = 3\nwait 6s\n", claims)


def test_a_hole_at_the_end_is_lost() -> None:
    """A judged device with later events lacks one."""
    assert ["skip", "lost"] == sorted(kinds("no-gap", THREE + "b shows m3 = 3\n"), reverse=True)


@pytest.mark.parametrize(("echo", "expected"), [("all", ["skip"]), ("other_devices", []), ("none", [])])
def test_own_sends_come_by_push_only_where_echo_is_claimed(echo: str, expected: list[str]) -> None:
    """A device whose own message comes by its (lost) ack has no hole in its stream."""
    story = "members a b\na sends m2\nb sends m3\na shows join = 1\nb shows m2 = 2\na shows m3 = 3\nb acked m3 = 3\n"
    kinds_found = [kind for kind in kinds("no-gap", story, {"echo": echo}) if kind == "skip"]
    assert expected == kinds_found


def test_a_resume_begins_where_its_cursor_was() -> None:
    """The first event of a resumed stream follows the cursor, not nothing."""
    story = THREE + "b disconnects\nb connects\nb resumes after 1 frontier 3\nb shows m3 = 3 via resume\nb live at 3\n"
    assert "skip" in kinds("no-gap", story)
    assert ["silent gap"] == kinds("whole-resume", story)


def test_a_gap_notice_makes_a_resume_whole() -> None:
    """The server said what it left out."""
    resumed = "b disconnects\nb connects\nb resumes after 1 frontier 3\nb told gap 2-2\n"
    assert [] == found("whole-resume", THREE + resumed + "b shows m3 = 3 via resume\nb live at 3\n")


def test_a_lost_tail_of_a_resume_is_a_silent_gap() -> None:
    """The server claims to have sent everything up to 3 and sent nothing."""
    story = THREE + "b disconnects\nb connects\nb resumes after 1 frontier 3\nb live at 3\n"
    assert [(2, 3)] == [finding.seqs for finding in found("whole-resume", story)]


def test_a_skip_long_after_a_resume_is_not_the_resumes_fault() -> None:
    """The seam ends with the first live event."""
    resumed = "b disconnects\nb connects\nb resumes after 1 frontier 1\nb live at 1\nb shows m2 = 2\n"
    more = "a sends m4\na acked m4 = 4\nb shows m4 = 4\n"
    assert [] == found("whole-resume", THREE + resumed + more)


def test_a_resume_that_never_went_live_claims_nothing() -> None:
    """The link was lost before the replay ended."""
    assert [] == found("whole-resume", THREE + "b disconnects\nb connects\nb resumes after 1 frontier 3\n")


KILLED = "node killed\nnode ready\n"


def test_one_page_size_is_no_evidence_of_loss() -> None:
    """A page border may have hidden it: absence needs two page sizes."""
    story = THREE + KILLED + "a reads 1 2 by 50\n"
    assert [] == found("durable-ack", story)
    assert ["gone afterwards"] == kinds("durable-ack", story + "a reads 1 2 by 200\n")


@pytest.mark.parametrize(("change", "event"), [("joins", "join"), ("kicked", "kick"), ("leaves", "leave")])
def test_changes_of_membership_must_survive_as_well(change: str, event: str) -> None:
    """An acknowledged join that is gone is a broken promise; the sessions that suffer from it are named."""
    story = f"members a b\na sends m1\na acked m1 = 1\nb {change} = 2\n{KILLED}"
    finding = found("durable-ack", story + "a reads 1 by 50\na reads 1 by 200\n")[0]
    assert ((2,), event, 1) == (finding.seqs, finding.data["event"], len(finding.sessions))
    kept = f"a shows {event} = 2\na reads 1 2 by 50\na reads 1 2 by 200\n"
    assert [] == found("durable-ack", story + kept)


def test_a_read_before_the_kill_proves_nothing() -> None:
    """Only walks begun after the restart are looked at."""
    assert [] == found("durable-ack", THREE + "a reads 1 2 by 50\na reads 1 2 by 200\n" + KILLED)


POWERLESS = "node loses power\nnode ready\n"
GONE = "a reads 1 2 by 50\na reads 1 2 by 200\n"


@pytest.mark.parametrize(
    ("deaths", "accused"),
    [
        (KILLED, ["durable-ack"]),
        (POWERLESS, ["durable-ack-power"]),
        (KILLED + KILLED, ["durable-ack"]),
        (KILLED + POWERLESS, []),
        (POWERLESS + KILLED, []),
    ],
    ids=["kill", "power loss", "two kills", "a kill first", "a power loss first"],
)
def test_crash_and_power_loss_are_never_mixed(deaths: str, accused: list[str]) -> None:
    """Each is accused, and exercised, by deaths of its own kind; both before the reads are evidence for none."""
    names = ("durable-ack", "durable-ack-power")
    story = THREE + deaths + GONE
    assert accused == [name for name in names if found(name, story)]
    assert accused == [name for name in names if chances(name, story)]


def test_what_was_read_between_two_deaths_was_there() -> None:
    """A loss at the second death is not the first one's: walks between them have seen it."""
    story = THREE + KILLED + "a reads 1 2 3 by 50\na reads 1 2 3 by 200\n" + POWERLESS + GONE
    assert [] == found("durable-ack", story)
    assert 3 == chances("durable-ack", story)


def test_what_was_acked_after_the_kill_is_not_its_victim() -> None:
    """A loss without a kill after the ack is a matter of other guarantees."""
    story = "members a b\n" + KILLED + "a sends m1\na acked m1 = 1\na reads nothing by 50\na reads nothing by 200\n"
    assert [] == found("durable-ack", story)


def test_a_reused_seq_is_named() -> None:
    """The lost message's seq now holds another one."""
    reads = "a sends m9\na acked m9 = 3\na reads 1 2 3 by 50\na reads 1 2 3 by 200\n"
    story = THREE.replace("a acked m3 = 3", "a acked m3 = 3 again") + KILLED + reads
    assert [True] == [finding.data["taken_by"] is not None for finding in found("durable-ack", story)]


def test_only_acks_near_the_kill_are_exposed() -> None:
    """Acks older than the commit window are no chance to lose what was acknowledged too early."""
    looked = KILLED + "a reads 1 2 3 by 50\na reads 1 2 3 by 200\n"
    assert 3 == chances("durable-ack", THREE + looked)
    assert 0 == chances("durable-ack", THREE + "wait 1s\n" + looked)


def test_a_walk_need_not_have_what_was_not_known_when_it_began() -> None:
    """Concurrent absence is no evidence."""
    story = "members a b\na sends m1\na reads nothing by 50\na acked m1 = 1\na reads 1 by 200\n"
    assert [] == found("stable-history", story)


def test_directions_are_compared() -> None:
    """A backward walk that lacks an event differs from a forward one."""
    finding = found("stable-history", THREE + "a reads 1 2 3 by 50\na reads 1 3 by 50 backward\n")[0]
    assert ((2,), "backward") == (finding.seqs, finding.data["dir"])


def test_a_head_beyond_the_last_event_is_a_hole() -> None:
    """The server named a head that no event ever took."""
    assert [(4,)] == [finding.seqs for finding in found("dense-ids", THREE + "b told head 4\na reads 1 2 3 by 50\n")]
    assert [] == found("dense-ids", THREE + "a reads 1 2 3 by 50\nb told head 4\n")
