"""Moments: it does not matter whether the waiter or the event comes first."""

from chatproof.loadtests.plane.moments import Moments


def test_a_waiter_hears_of_what_happens_later() -> None:
    """Once, with its instant."""
    moments, heard = Moments(), list[int]()
    moments.expect("kicked")
    moments.when("kicked", heard.append, 1)
    moments.happens("kicked", 5)
    moments.happens("kicked", 6)
    assert [5] == heard


def test_a_waiter_hears_at_once_of_what_happened_before() -> None:
    """The owner may have seen the message long before the kick is due."""
    moments, heard = Moments(), list[int]()
    moments.expect("shown")
    moments.happens("shown", 5)
    moments.when("shown", heard.append, 9)
    assert [9] == heard


def test_what_nobody_expects_is_not_remembered() -> None:
    """A hundred thousand messages are shown; twenty matter."""
    moments = Moments()
    moments.happens("shown", 5)
    moments.expect("shown")
    heard: list[int] = []
    moments.when("shown", heard.append, 9)
    assert [] == heard
