"""exact-unread and typing-expires: counts at rest, and what is shown for a while."""

from __future__ import annotations

import pytest

from tests.checkers.guarantees.judged import chances, found, kinds

TWO = """
    members a b
    a sends m1
    a acked m1 = 1
    a sends m2
    a acked m2 = 2
"""


@pytest.mark.parametrize(("count", "expected"), [(1, ["too few"]), (2, []), (3, ["too many"])])
def test_a_count_is_one_number(count: int, expected: list[str]) -> None:
    """Two messages of another user are unread."""
    assert expected == kinds("exact-unread", TWO + f"wait 6s\nb counts {count} unread\n")


def test_own_messages_are_read() -> None:
    """On any of the user's devices."""
    assert [] == found("exact-unread", TWO + "wait 6s\na counts 0 unread\n")
    assert ["too many"] == kinds("exact-unread", TWO + "wait 6s\na counts 2 unread\n")


def test_a_count_that_is_not_at_rest_is_not_judged() -> None:
    """Something happened less than the bound before."""
    story = TWO + "wait 4s\nb counts 7 unread\n"
    assert [] == found("exact-unread", story)
    assert 0 == chances("exact-unread", story)


def test_a_deleted_message_is_not_unread() -> None:
    """A delete that may have happened makes two numbers right."""
    certain = TWO + "a deletes m2 = 3\nwait 6s\nb counts {} unread\n"
    assert [] == found("exact-unread", certain.format(1))
    assert ["too many"] == kinds("exact-unread", certain.format(2))
    doubtful = TWO + "a deletes m2 unanswered\nwait 6s\nb counts {} unread\n"
    assert [] == found("exact-unread", doubtful.format(1)) + found("exact-unread", doubtful.format(2))
    assert ["too few"] == kinds("exact-unread", doubtful.format(0))
    assert 0 == chances("exact-unread", doubtful.format(1))


def test_a_send_that_nobody_saw_may_count() -> None:
    """It has no outcome: it is there or not."""
    story = TWO + "a sends m3\na loses m3\nwait 6s\nb counts {} unread\n"
    assert [] == found("exact-unread", story.format(2)) + found("exact-unread", story.format(3))
    assert ["too many"] == kinds("exact-unread", story.format(4))


def test_the_largest_marker_counts() -> None:
    """A lower marker that was acknowledged later changes nothing."""
    story = TWO + "b marks read 2\nb marks read 1\nwait 6s\nb counts {} unread\n"
    assert [] == found("exact-unread", story.format(0))
    assert ["too many"] == kinds("exact-unread", story.format(1))


def test_what_was_sent_while_away_is_not_counted() -> None:
    """Only visible messages are unread: those before the removal and after the return."""
    away = TWO + "b kicked = 3\na sends m4\na acked m4 = 4\nb joins = 5\na sends m6\na acked m6 = 6\nwait 6s\n"
    assert [] == found("exact-unread", away + "b counts 3 unread\n")
    assert ["too many"] == kinds("exact-unread", away + "b counts 4 unread\n")


TYPING = "members a b\na types\nb sees a typing for 6s\n"


def test_the_bound_is_exact() -> None:
    """Shown for eight seconds after the last key is legal, for nine it is not."""
    shown = "members a b\na types\nb sees a typing\nwait {}s\nb sees a pause\n"
    assert [] == found("typing-expires", shown.format(7))
    assert ["past its expiry"] == kinds("typing-expires", shown.format(9))


def test_typing_on_keeps_it_alive() -> None:
    """The bound runs from the last key."""
    story = "members a b\na types\nb sees a typing\nwait 6s\na types on\nwait 6s\nb sees a pause\n"
    assert [] == found("typing-expires", story)
    assert ["past its expiry"] == kinds("typing-expires", story.replace("a types on\n", ""))


def test_a_session_that_ends_shows_nothing_more() -> None:
    """Neither off frame nor expiry is needed."""
    assert [] == found("typing-expires", "members a b\na types\nb sees a typing\nwait 2s\nb disconnects\nwait 20s\n")


@pytest.mark.parametrize("link", ["a", "b"])
def test_a_stalled_link_excuses(link: str) -> None:
    """The author's, because the last key may have come late; the watcher's, because the end may."""
    story = f"members a b\nlink {link} cut\na types\nb sees a typing\nwait 20s\nlink {link} mended\nb sees a pause\n"
    assert [] == found("typing-expires", story)


def test_a_healed_watcher_is_judged_again() -> None:
    """Shown on for longer than the bound after the heal and its calm."""
    story = "members a b\na types\nb sees a typing\nlink b cut\nwait 2s\nlink b mended\nwait {}s\n"
    assert [] == found("typing-expires", story.format(12))
    assert ["past its expiry"] == kinds("typing-expires", story.format(14))


def test_nobody_types_who_never_began() -> None:
    """There is no such episode."""
    assert ["nobody typed"] == kinds("typing-expires", "members a b\nb sees a typing for 6s\n")


def test_after_the_message_the_episode_is_over() -> None:
    """A frame of the same episode after its author's message came in that session; a new episode is another."""
    sent = TYPING + "a sends m1\na acked m1 = 1\nb shows m1 = 1\n"
    assert [] == found("typing-expires", sent)
    assert ["after the message"] == kinds("typing-expires", sent + "b sees a typing for 6s\n")
    assert [] == found("typing-expires", sent + "a types\nb sees a typing for 6s\n")
    assert [] == found("typing-expires", TYPING + "a sends m1\nb sees a typing for 6s\nb shows m1 = 1\n")


def test_another_device_of_the_author_may_type_on() -> None:
    """One sends while the other types."""
    story = "members a a2 b\na2 types\na sends m1\na acked m1 = 1\nb shows m1 = 1\nb sees a typing for 6s\n"
    assert [] == found("typing-expires", story)


def test_after_the_removal_nobody_types() -> None:
    """A frame after the kick came in that session; after the return a new episode is legal."""
    story = TYPING + "a kicked = 1\nb shows kick = 1\n"
    assert ["after the removal"] == kinds("typing-expires", story + "b sees a typing for 6s\n")
    assert [] == found("typing-expires", story + "a joins = 2\na types\nb sees a typing for 6s\n")


def test_loss_is_legal() -> None:
    """An episode that nobody was shown offers no chance and breaks nothing."""
    assert [] == found("typing-expires", "members a b\na types\na stops typing\n")
    assert 0 == chances("typing-expires", "members a b\na types\na stops typing\n")
