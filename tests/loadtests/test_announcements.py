"""What the leader of a run tells Locust."""

from chatproof.loadtests.announcements import Violation


def test_a_violation_says_how_many_more_there_are() -> None:
    """Its sentence is that of the first."""
    assert "message 1 is lost" == Violation("no-gap", "message 1 is lost", 1).told
    assert "message 1 is lost (and 1,199 more)" == Violation("no-gap", "message 1 is lost", 1200).told
