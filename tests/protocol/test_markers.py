"""Own markers: coalesced, bounded in rate, repeated until acknowledged."""

from chatproof.protocol.markers import Markers

MS = 1_000_000


def test_marks_of_one_interval_are_one_receipt() -> None:
    """The largest values win, whatever their order."""
    markers = Markers()
    for delivered, read in ((3, 1), (5, 2), (4, 2)):
        markers.mark("c1", delivered, read)
    assert [("c1", 5, 2)] == list(markers.due(0))
    assert [] == list(markers.due(0))


def test_a_conversation_says_no_more_than_every_half_second() -> None:
    """A later mark waits; another conversation does not."""
    markers = Markers()
    markers.mark("c1", 1, 0)
    markers.due(0)
    markers.acknowledged("c1")
    markers.mark("c1", 2, 0)
    markers.mark("c2", 9, 9)
    assert [("c2", 9, 9)] == list(markers.due(499 * MS))
    assert [("c1", 2, 0)] == list(markers.due(500 * MS))


def test_what_does_not_rise_is_not_said() -> None:
    """A lower or equal mark changes nothing."""
    markers = Markers()
    markers.mark("c1", 5, 5)
    markers.due(0)
    markers.acknowledged("c1")
    markers.mark("c1", 5, 4)
    assert [] == list(markers.due(10_000 * MS))


def test_what_was_written_on_a_lost_link_is_said_again() -> None:
    """Until the server acknowledges it."""
    markers = Markers()
    markers.mark("c1", 5, 5)
    markers.due(0)
    markers.link_lost()
    assert [("c1", 5, 5)] == list(markers.due(600 * MS))


def test_a_refused_receipt_goes_again_or_is_dropped() -> None:
    """By what the error allows; a later mark starts anew."""
    markers = Markers()
    markers.mark("c1", 5, 5)
    markers.due(0)
    markers.failed("c1", for_good=False)
    assert [("c1", 5, 5)] == list(markers.due(600 * MS))
    markers.failed("c1", for_good=True)
    assert [] == list(markers.due(1_200 * MS))
    markers.mark("c1", 6, 5)
    assert [("c1", 6, 5)] == list(markers.due(1_200 * MS))


def test_a_mark_while_a_receipt_is_in_flight_is_not_lost() -> None:
    """The ack acknowledges what was written, not what was raised since."""
    markers = Markers()
    markers.mark("c1", 5, 5)
    markers.due(0)
    markers.mark("c1", 7, 5)
    markers.acknowledged("c1")
    assert [("c1", 7, 5)] == list(markers.due(600 * MS))


def test_an_advance_goes_with_a_receipt_at_most_every_two_seconds() -> None:
    """And only where the position rose."""
    markers = Markers()
    markers.mark("c1", 5, 5)
    markers.due(0)
    asked = ((5, 0), (9, 1_999 * MS), (5, 3_000 * MS))
    assert [True, False, False] == [markers.advances("c1", seq, now_ns) for seq, now_ns in asked]
    assert markers.advances("c1", 9, 2_000 * MS)
