"""Guarantees about who may see what: no-leak, search-sound, search-complete."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkers.guarantees.judged import chances, found, kinds, kinds_in
from tests.checkers.stories import tables_of

KICKED = """
    members a b
    a sends m1
    a acked m1 = 1
    b kicked = 2
    b shows kick = 2
    a sends m3
    a acked m3 = 3
"""
MS = 1_000_000


def kinds_of(name: str, story: str, table: str, **row: Any) -> list[str]:
    """The sub-classes of violations in a story with one more row."""
    tables = tables_of(story)
    return kinds_in(name, {**tables, table: [*tables.get(table, []), row]})


def test_the_own_removal_may_be_seen_and_nothing_after_it() -> None:
    """The kick itself is shown to who was kicked; the next event is a leak."""
    assert [] == found("no-leak", KICKED)
    assert [(3,)] == [finding.seqs for finding in found("no-leak", KICKED + "b shows m3 = 3\n")]


def test_what_came_before_a_removal_may_come_late() -> None:
    """A resume or a page of earlier events is no leak, however late."""
    assert [] == found("no-leak", KICKED + "wait 9s\nb shows m1 = 1 via resume\nb reads 1 2 by 50\n")


def test_until_the_removal_is_answered_events_may_come() -> None:
    """The target need not have decided before it answers."""
    tables = tables_of(KICKED + "b shows m3 = 3\n")
    kick = next(row for row in tables["memberships"] if row["change"] == "kick")
    kick["done_ns"] = tables["deliveries"][-1]["t_ns"]
    assert [] == kinds_in("no-leak", tables)


def test_without_dense_ids_a_removal_has_a_bound() -> None:
    """A second after the kick is legal there, three are not; with dense ids there is no grace."""
    story = KICKED + "wait {}s\nb shows m3 = 3\n"
    assert [] == found("no-leak", story.format(1), {"dense_ids": False})
    assert ["arrival"] == kinds("no-leak", story.format(3), {"dense_ids": False})
    assert ["arrival"] == kinds("no-leak", story.format(1))


def test_a_removal_that_may_not_have_happened_hides_nothing() -> None:
    """A kick without an answer leaves the reading that the user is still a member."""
    story = "members a b\nb kicked unanswered\na sends m1\na acked m1 = 1\nb shows m1 = 1\n"
    assert [] == found("no-leak", story)


def test_a_return_that_may_have_happened_shows_what_comes_after_it() -> None:
    """A join without an answer may have taken effect, but not before it was tried."""
    story = KICKED + "b joins unanswered\na sends m5\na acked m5 = 5\nb shows m5 = 5\n"
    assert [] == found("no-leak", story)
    assert ["arrival"] == kinds("no-leak", story + "b shows m3 = 3 via repair\n")


def test_the_time_of_absence_stays_hidden() -> None:
    """After the return the own join may be seen, and what was said without the user may not."""
    story = KICKED + "b joins = 4\nb shows join = 4\n"
    assert [] == found("no-leak", story)
    assert ["page item"] == kinds("no-leak", story + "b reads 1 3 by 50\n")


def test_where_members_see_all_history_a_return_shows_the_absence() -> None:
    """The policy decides."""
    tables = tables_of(KICKED + "b joins = 4\nb reads 1 3 by 50\n")
    tables["conversations"][0]["history_policy"] = "all"
    assert [] == kinds_in("no-leak", tables)


def test_a_target_that_numbers_no_removals_is_judged_by_time() -> None:
    """Where a kick has no seq, what was sent after its answer is hidden."""
    tables = tables_of(KICKED + "wait 3s\na sends m4\na acked m4 = 4\nb shows m4 = 4\nb shows m1 = 1 via repair\n")
    for row in tables["memberships"]:
        row["seq"] = None
    assert ["arrival"] == kinds_in("no-leak", tables, {"dense_ids": False})


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("b told head 3", "head"),
        ("b sees a read 3", "marker"),
        ("b searches m3 and finds 3", "search hit"),
        ("b searches m1 and finds 1 of 2", "count of hits"),
        ("a shows m1 = 1 with the canary of 2", "canary"),
    ],
)
def test_every_surface_counts(line: str, kind: str) -> None:
    """Heads, markers, hits, counts and foreign canaries tell something as well."""
    assert [kind] == kinds("no-leak", KICKED + line + "\n")


def test_markers_and_heads_of_earlier_times_are_no_news() -> None:
    """What the user knew as a member may be told again."""
    assert [] == found("no-leak", KICKED + "b told head 2\nb sees a read 1\n")


def test_a_member_is_told_markers_of_seqs_from_before_its_time() -> None:
    """The state of a conversation comes with the membership."""
    assert [] == found("no-leak", KICKED + "b joins = 4\nb sees a read 3\n")


def test_an_ack_is_no_arrival() -> None:
    """The answer to an own send tells nothing that its sender did not know."""
    assert [] == found("no-leak", KICKED + "b sends m4\nb acked m4 = 4\n")


@pytest.mark.parametrize(("unread", "expected"), [(1, []), (2, ["count of unread"])])
def test_unread_counts_only_what_may_be_seen(unread: int, expected: list[str]) -> None:
    """One event between the read marker and the removal: seq 2."""
    story = KICKED + "b reads nothing by 50\n"
    read = tables_of(story)["reads"][-1]["read"]
    row = {"read": read, "dev": 1, "conv": 1, "unread": unread, "read_seq": 1, "head_seq": 3}
    assert expected == kinds_of("no-leak", story, "unread", **row)


@pytest.mark.parametrize(("seconds", "expected"), [(1, []), (3, ["presence"])])
def test_presence_is_for_who_shares_a_conversation(seconds: int, expected: list[str]) -> None:
    """It has the removal bound everywhere, and is judged only where privacy is claimed."""
    story = KICKED + f"wait {seconds}s\nb sees a online\n"
    assert expected == kinds("no-leak", story)
    assert [] == found("no-leak", story, {"private_presence": False})


@pytest.mark.parametrize(("after_ms", "expected"), [(1_000, []), (3_000, ["typing"])])
def test_typing_is_for_members(after_ms: int, expected: list[str]) -> None:
    """A removed member is told of typing no longer than the removal bound."""
    seen = {"t_ns": (40 + after_ms) * MS, "dev": 1, "session": 2, "conv": 1, "user": 0, "is_on": True}
    assert expected == kinds_of("no-leak", KICKED, "typing_seen", **seen)


def test_a_blob_is_for_who_may_see_its_message() -> None:
    """A link given to a removed member leaks; one given to the uploader or to a member does not."""
    story = "members a b\nb kicked = 1\na uploads blob 7 for m2\na acked m2 = 2\na gets blob 7\n"
    assert [] == found("no-leak", story)
    assert ["blob"] == kinds("no-leak", story + "b gets blob 7\n")
    assert [] == found("no-leak", story + "b gets blob 7, status 403\n")


def test_hidden_events_under_a_connected_user_are_the_chance() -> None:
    """Only what is said while the removed user is there could leak to it."""
    assert 1 == chances("no-leak", KICKED)
    away = KICKED.replace("a sends m3", "b disconnects\na sends m3")
    assert 0 == chances("no-leak", away)


def test_a_hit_must_exist() -> None:
    """Neither an unknown seq nor a refused send can be found; a send whose answer was lost can."""
    story = "members a b\na sends m1\na acked m1 = 1\na sends m2\n"
    assert ["does not exist"] == kinds("search-sound", story + "b searches m1 and finds 1 9\n")
    assert [] == found("search-sound", story + "a loses m2\nb shows m2 = 2\nb searches m2 and finds 2\n")
    refused = story + "a refused m2 too_large\nb shows m2 = 2\nb searches m2 and finds 2\n"
    assert ["does not exist"] == kinds("search-sound", refused)


def test_a_hit_at_anothers_place_is_invented() -> None:
    """The seq holds another message than the hit says."""
    sent = "members a b\na sends m1\na acked m1 = 1\na sends m2\na acked m2 = 2\n"
    tables = tables_of(sent + "b searches m2 and finds 2\n")
    tables["read_items"][-1]["op"] = tables["operations"][0]["op"]
    assert ["does not exist"] == kinds_in("search-sound", tables)


def test_only_the_searched_conversation_is_found_in() -> None:
    """A hit of another conversation was not asked for."""
    tables = tables_of("members a b\na sends m1\na acked m1 = 1\nb searches m1 and finds 1\n")
    tables["reads"][-1]["conv"] = 2
    assert ["not asked for"] == kinds_in("search-sound", tables)


SOUGHT = "members a b\na sends m1\na acked m1 = 1\nwait {}s\nb searches m1 and finds nothing\n"


@pytest.mark.parametrize(("seconds", "expected"), [(9, []), (11, ["not found"])])
def test_an_index_has_time(seconds: int, expected: list[str]) -> None:
    """Ten seconds are allowed."""
    assert expected == kinds("search-complete", SOUGHT.format(seconds))


def test_who_may_not_see_it_need_not_find_it() -> None:
    """After a kick nothing is owed of what came later."""
    story = "members a b\nb kicked = 1\na sends m2\na acked m2 = 2\nwait 11s\nb searches m2 and finds nothing\n"
    assert [] == found("search-complete", story)


def test_an_encrypted_conversation_is_not_indexed() -> None:
    """The server cannot read it."""
    tables = tables_of(SOUGHT.format(11))
    tables["conversations"][0]["encrypted"] = True
    assert [] == kinds_in("search-complete", tables)


def test_what_expires_need_not_be_found() -> None:
    """Whether it is gone rightly is a matter of retention-exact."""
    assert [] == found("search-complete", SOUGHT.format(11).replace("a sends", "everything is kept 60s\na sends"))
