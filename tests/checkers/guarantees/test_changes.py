"""no-resurrection and no-silent-drop: what was changed stays so, and who misses something is told."""

from __future__ import annotations

import pytest

from tests.checkers.guarantees.judged import chances, found, kinds

EDITED = """
    members a b
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    a edits m1 to x = 2
"""
SHOWN = "b shows x of m1 = 2\n"


def test_a_read_after_the_edit_has_the_new_body() -> None:
    """The old one is accused; a body of which nobody knows is a phantom and not an old one."""
    assert [] == found("no-resurrection", EDITED + SHOWN + "b reads m1 as x\n")
    assert ["old body after an edit"] == kinds("no-resurrection", EDITED + SHOWN + "b reads m1 as m1\n")
    assert [] == found("no-resurrection", EDITED + SHOWN + "b reads m1 as z\n")


def test_the_second_edit_makes_the_first_old() -> None:
    """Each body but the last is old."""
    story = EDITED + SHOWN + "a edits m1 to y = 3\nb shows y of m1 = 3\nb reads m1 as {}\n"
    assert [] == found("no-resurrection", story.format("y"))
    assert ["old body after an edit"] == kinds("no-resurrection", story.format("x"))


def test_an_edit_back_to_the_first_body_is_new() -> None:
    """The same text again is the newest version."""
    story = EDITED + SHOWN + "a edits m1 to m1 = 3\nb shows m1 of m1 = 3\nb reads m1 as m1\n"
    assert [] == found("no-resurrection", story)


def test_an_edit_without_an_answer_obliges_to_nothing() -> None:
    """It may have happened or not: both bodies are right."""
    story = "members a b\na sends m1\na acked m1 = 1\nb shows m1 = 1\na edits m1 to x unanswered\nb reads m1 as {}\n"
    assert [] == found("no-resurrection", story.format("m1")) + found("no-resurrection", story.format("x"))
    assert 0 == chances("no-resurrection", story.format("x"))


def test_a_read_before_the_ack_may_have_either() -> None:
    """Nothing was promised yet."""
    story = "members a b\na sends m1\na acked m1 = 1\nb reads m1 as m1\na edits m1 to x = 2\n"
    assert [] == found("no-resurrection", story)


@pytest.mark.parametrize("body", ["m1", "x"])
def test_a_deleted_message_has_no_body(body: str) -> None:
    """Neither the first one nor that of an edit."""
    story = EDITED + SHOWN + "a deletes m1 = 3\nb shows the delete of m1 = 3\nb reads m1 as {}\n"
    assert [] == found("no-resurrection", story.format("nothing"))
    assert "body after a delete" in kinds("no-resurrection", story.format(body))


def test_a_resume_does_not_bring_it_back() -> None:
    """A session that resumes after the delete is shown a body."""
    story = EDITED + "a deletes m1 = 3\nb disconnects\nb connects\nb resumes after 0 frontier 3\n"
    body = "b gets m1 = 1 via resume\nb shows the delete of m1 = 3\n"
    assert ["body after a delete", "old body after an edit"] == kinds("no-resurrection", story + body)


def test_devices_agree_at_rest() -> None:
    """Who missed the edit shows another text than the author; who is not there at the end is not compared."""
    assert ["devices disagree"] == kinds("no-resurrection", EDITED)
    assert [] == found("no-resurrection", EDITED + SHOWN)
    assert [] == found("no-resurrection", EDITED + "b disconnects\n")


SLOW = """
    members a b
    {} cut
    a sends m1
    a acked m1 = 1
    link b mended
    wait {}s
"""


def test_within_the_bound_nothing_is_late() -> None:
    """The session must outlive the heal by the bound."""
    assert [] == found("no-silent-drop", SLOW.format("link b", 9))
    assert ["never came"] == kinds("no-silent-drop", SLOW.format("link b", 11))


def test_what_comes_after_the_bound_is_late() -> None:
    """It neither caught up in time nor was told."""
    assert ["came too late"] == kinds("no-silent-drop", SLOW.format("link b", 11) + "b shows m1 = 1\n")


def test_a_repair_in_time_is_enough() -> None:
    """The client caught up, by whatever way."""
    story = SLOW.replace("wait", "b shows m1 = 1 via repair\nwait")
    assert [] == found("no-silent-drop", story.format("link b", 11))
    assert 1 == chances("no-silent-drop", story.format("link b", 11))


def test_a_close_tells() -> None:
    """The session ended within the bound: its device knows that it must resume."""
    assert [] == found("no-silent-drop", SLOW.replace("wait", "b disconnects\nwait").format("link b", 11))


def test_what_happened_after_the_heal_is_another_matter() -> None:
    """Only a slow consumer is judged here."""
    story = "members a b\nlink b cut\nwait 1s\nlink b mended\na sends m1\na acked m1 = 1\nwait 20s\n"
    assert [] == found("no-silent-drop", story)


def test_another_fault_meanwhile_excuses() -> None:
    """The bound runs over calm time only."""
    story = SLOW.format("link b", 2) + "node killed\nnode ready\nwait 20s\n"
    assert [] == found("no-silent-drop", story)
