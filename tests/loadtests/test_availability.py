"""Bookings of users."""

from chatproof.loadtests.availability import Availability


def test_a_user_is_free_unless_a_booking_overlaps() -> None:
    """Ends count: a choreography that ends when another begins collides with it."""
    users = Availability(2)
    users.engage(0, 10, 20)
    assert users.is_free(0, 0, 9)
    assert users.is_free(0, 21, 30)
    assert not users.is_free(0, 20, 30)
    assert not users.is_free(0, 0, 100)
    assert users.is_free(1, 0, 100)


def test_who_is_away_neither_sends_nor_takes_part() -> None:
    """But who is only engaged does send."""
    users = Availability(1)
    users.send_away(0, 10, 20)
    users.engage(0, 30, 40)
    assert not users.is_free(0, 15, 15)
    assert not users.may_send(0, 5, 15)
    assert users.may_send(0, 5, 35)


def test_a_muted_user_sends_elsewhere() -> None:
    """From that moment on, in that conversation only."""
    users = Availability(1)
    users.mute(0, 5, 10)
    assert users.may_send(0, 5, 9)
    assert not users.may_send(0, 5, 10)
    assert users.may_send(0, 6, 10)
    assert users.is_ever_muted(0, 5)


def test_who_is_needed_may_not_leave_over_that_time() -> None:
    """A kill wave must find its senders online."""
    users = Availability(1)
    users.need(0, 10)
    assert not users.may_leave(0, 5, 15)
    assert users.may_leave(0, 11, 15)
    assert users.is_free(0, 5, 15)
