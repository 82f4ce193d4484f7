"""What a device shows of a room whose ids only grow."""

from hypothesis import given
from hypothesis import strategies as st

from chatproof.drivers.plain.timeline import OVERLAP, REMEMBERED, PlainTimeline


@given(st.lists(st.integers(1, 60), max_size=120))
def test_each_message_is_shown_once_whatever_comes(ids: list[int]) -> None:
    """The first time, in whatever order; the top is the largest."""
    timeline = PlainTimeline()
    shown = [number for number in ids if timeline.show(number)]
    assert list(dict.fromkeys(ids)) == shown
    assert max(ids, default=0) == timeline.top


def test_a_device_asks_again_for_the_newest_ones() -> None:
    """From a few messages below the last one; from the beginning where there are fewer."""
    timeline = PlainTimeline()
    timeline.show(10)
    assert 0 == timeline.reload_after
    for number in range(11, 11 + OVERLAP):
        timeline.show(number)
    assert 11 == timeline.reload_after


def test_memory_is_bounded() -> None:
    """What is older than everything remembered counts as shown."""
    timeline = PlainTimeline()
    for number in range(2, 3 * REMEMBERED):
        timeline.show(number)
    assert (False, False) == (timeline.show(1), timeline.show(3))
