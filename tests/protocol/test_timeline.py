"""What is shown, what is missing, and when a view ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatproof.protocol import client_limits
from chatproof.protocol.timeline import Timeline


def begun(seq: int = 0) -> Timeline:
    """A timeline of epoch 1 that starts after `seq`."""
    timeline = Timeline()
    timeline.begin(1, seq)
    return timeline


def test_what_lies_before_the_first_subscription_is_not_missing() -> None:
    """The head at the first subscription is where the timeline starts."""
    timeline = begun(7)
    assert (7, None, False) == (timeline.contiguous, timeline.hole(), timeline.sight(1, 7))


def test_the_next_item_is_shown_and_a_repetition_is_not() -> None:
    """Each seq is shown once."""
    timeline = begun()
    assert [True, False, True] == [timeline.sight(1, seq) for seq in (1, 1, 2)]
    assert 2 == timeline.contiguous


def test_an_item_beyond_a_hole_is_shown_and_the_hole_named() -> None:
    """Later items do not wait; what is missing is a range."""
    timeline = begun()
    assert [True, True] == [timeline.sight(1, seq) for seq in (1, 5)]
    assert (1, (2, 4)) == (timeline.contiguous, timeline.hole())


def test_a_repaired_item_is_shown_in_its_place() -> None:
    """Filling a hole shows what was missing, once, and moves the prefix over what lay beyond."""
    timeline = begun()
    for seq in (1, 4):
        timeline.sight(1, seq)
    assert [True, True, False] == [timeline.sight(1, seq) for seq in (2, 3, 4)]
    assert (4, None) == (timeline.contiguous, timeline.hole())


def test_a_gap_is_not_missing() -> None:
    """What the server says will never come counts as there, before or after what follows it."""
    timeline = begun()
    timeline.cover(1, 3)
    timeline.sight(1, 6)
    timeline.cover(4, 5)
    assert (6, None) == (timeline.contiguous, timeline.hole())


def test_a_head_shows_a_lost_tail() -> None:
    """Nothing came, yet something is missing."""
    timeline = begun(3)
    timeline.announce(1, 5)
    assert (4, 5) == timeline.hole()


def test_holes_above_a_seq_are_found() -> None:
    """A hole that is left alone does not hide the next one."""
    timeline = begun()
    for seq in (3, 6):
        timeline.sight(1, seq)
    timeline.announce(1, 7)
    assert [(1, 2), (4, 5), (4, 5), (7, 7), None] == [timeline.hole(after) for after in (0, 2, 3, 5, 7)]


def test_a_later_epoch_is_a_new_view_with_nothing_in_it() -> None:
    """Its seqs are other events; all of them are missing until they come."""
    timeline = begun(9)
    assert timeline.sight(2, 4)
    assert (2, 1, 0, (1, 3)) == (timeline.epoch, timeline.view, timeline.contiguous, timeline.hole())


def test_an_earlier_epoch_is_never_shown() -> None:
    """What was undone by a restore does not come back."""
    timeline = begun()
    timeline.sight(2, 1)
    assert (False, 2, 1) == (timeline.sight(1, 2), timeline.epoch, timeline.view)


def test_a_refused_resume_is_a_new_view_that_keeps_what_is_there() -> None:
    """Too far behind: the device reloads only what it lacks."""
    timeline = begun(5)
    timeline.reload(1, 20_000)
    timeline.announce(1, 20_000)
    assert (1, 5, (6, 20_000)) == (timeline.view, timeline.contiguous, timeline.hole())


def test_a_stream_that_went_back_is_reloaded_from_its_start() -> None:
    """The server's head is below what the device has: nothing that it has can be trusted."""
    timeline = begun(5)
    timeline.reload(1, 3)
    timeline.announce(1, 3)
    assert (1, 0, (1, 3)) == (timeline.view, timeline.contiguous, timeline.hole())


def test_islands_are_bounded_and_what_is_above_is_shown_by_the_repair() -> None:
    """At the bound an item is not shown when it comes, so that it can be shown once when it is read."""
    timeline = begun()
    last = 2 * client_limits.ISLANDS + 2
    shown = [timeline.sight(1, seq) for seq in range(2, last + 1, 2)]
    assert [True] * client_limits.ISLANDS + [False] == shown
    assert [True, True] == [timeline.sight(1, seq) for seq in (1, last)]


def test_the_first_word_of_a_stream_can_be_an_event() -> None:
    """Before any head is known, the timeline starts with what comes."""
    timeline = Timeline()
    assert (True, 3) == (timeline.sight(4, 3), timeline.contiguous)


step = st.one_of(
    st.tuples(st.just("sight"), st.integers(1, 40)),
    st.tuples(st.just("cover"), st.tuples(st.integers(1, 40), st.integers(0, 12))),
    st.tuples(st.just("head"), st.integers(1, 40)),
)


@given(st.integers(0, 5), st.lists(step, max_size=80))
def test_a_timeline_agrees_with_a_set_of_seqs(start: int, steps: list[tuple[str, object]]) -> None:
    """Against the plainest model there is: a set of what is there, and the largest seq mentioned."""
    timeline, there, head = begun(start), set(range(1, start + 1)), start
    for kind, value in steps:
        if kind == "sight":
            assert isinstance(value, int)
            assert (value not in there) == timeline.sight(1, value)
            there.add(value)
            head = max(head, value)
        elif kind == "cover":
            assert isinstance(value, tuple)
            first, last = value[0], value[0] + value[1]
            timeline.cover(first, last)
            there.update(range(first, last + 1))
            head = max(head, last)
        else:
            assert isinstance(value, int)
            timeline.announce(1, value)
            head = max(head, value)
        missing = [seq for seq in range(1, head + 1) if seq not in there]
        assert (missing[0] - 1 if missing else head) == timeline.contiguous
        assert (not missing) == timeline.is_whole
        for after in (0, start, head // 2):
            assert first_run(missing, max(after, timeline.contiguous)) == timeline.hole(after)


def first_run(missing: list[int], after: int) -> tuple[int, int] | None:
    """The first run of consecutive numbers above `after`."""
    rest = [seq for seq in missing if seq > after]
    if not rest:
        return None
    run = [seq for index, seq in enumerate(rest) if seq == rest[0] + index]
    return run[0], run[-1]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (2, 1, 3)])
def test_any_order_of_arrival_ends_whole(order: tuple[int, ...]) -> None:
    """Each is shown when it comes, and the end is the same."""
    timeline = begun()
    assert [True] * 3 == [timeline.sight(1, seq) for seq in order]
    assert (3, True) == (timeline.contiguous, timeline.is_whole)
