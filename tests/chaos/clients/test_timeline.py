"""What one device shows of a conversation."""

from chatproof.chaos.clients.timeline import Timeline
from chatproof.chaos.clients.wire import Position


def begun(seq: int) -> Timeline:
    """A timeline whose view begins after this seq of epoch 1."""
    timeline = Timeline()
    timeline.begin(Position(1, seq))
    return timeline


def test_the_next_event_is_shown_and_moves_the_cursor() -> None:
    """What comes in order is shown, and the device has it without a hole."""
    timeline = begun(4)

    assert timeline.show(Position(1, 5), None)
    assert Position(1, 5) == timeline.position


def test_what_stands_there_already_is_not_shown_again() -> None:
    """An event at a seq that was shown, or that lies before the view, is a repeat."""
    timeline = begun(4)
    timeline.show(Position(1, 5), None)

    assert [False, False] == [timeline.show(Position(1, seq), None) for seq in (5, 3)]


def test_a_hole_keeps_the_cursor_where_it_is_until_it_is_filled() -> None:
    """The cursor stands before the first missing seq, and jumps over all that came meanwhile."""
    timeline = begun(4)
    shown = [timeline.show(Position(1, seq), None) for seq in (6, 7)]

    assert ([True, True], 4, 7) == (shown, timeline.contiguous, timeline.highest)
    assert timeline.show(Position(1, 5), None)
    assert 7 == timeline.contiguous


def test_seqs_that_will_never_come_are_passed_over() -> None:
    """A gap that the server explained is no hole."""
    timeline = begun(4)
    timeline.show(Position(1, 8), None)
    timeline.pass_over(5, 7)

    assert 8 == timeline.contiguous


def test_an_own_message_is_shown_once() -> None:
    """By its ack or by its echo; and also where a server stored it twice."""
    timeline = begun(0)

    assert [True, False, False] == [timeline.show(Position(1, seq), 77) for seq in (1, 1, 2)]


def test_a_new_epoch_begins_anew_and_an_old_one_shows_nothing() -> None:
    """Seqs of different epochs have nothing to do with each other."""
    timeline = begun(9)

    assert timeline.show(Position(2, 1), None)
    assert not timeline.show(Position(1, 10), None)
    assert Position(2, 1) == timeline.position
