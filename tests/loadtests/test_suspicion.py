"""What happens to every message is the driver's doing."""

from collections.abc import Callable

import pytest

from chatproof.drivers.errors import DriverMistaken
from chatproof.loadtests.suspicion import ALTERED, STEPS, UNACKNOWLEDGED, UNECHOED, UNREAD, Suspicion


def altered(suspicion: Suspicion) -> None:
    """Every text is another one."""
    for number in range(ALTERED):
        suspicion.arrived(1, 0, number, None, content_ok=False)


def unacknowledged(suspicion: Suspicion) -> None:
    """Every message arrives, no acknowledgement does."""
    for _ in range(UNACKNOWLEDGED):
        suspicion.seen_unacknowledged()


def unechoed(suspicion: Suspicion) -> None:
    """Acknowledged, and never seen by its sender."""
    for _ in range(UNECHOED):
        suspicion.acknowledged()


def unread(suspicion: Suspicion) -> None:
    """Every page fails."""
    for _ in range(UNREAD):
        suspicion.page(was_read=False, code="http_404")


def shuffled(suspicion: Suspicion) -> None:
    """Every second id is smaller than the one before."""
    for number in range(STEPS + 1):
        suspicion.arrived(1, 0, number ^ 1 if number % 2 else number + 10, 2 << 32, content_ok=True)


@pytest.mark.parametrize(
    ("happens", "sentence"),
    [
        (altered, "50 messages came back and not one as it was sent"),
        (unacknowledged, "20 messages arrived and no acknowledgement of any was read"),
        (unechoed, "of 100 acknowledged messages none came back to its sender; it claims echo = 'all'"),
        (unread, "not one of 50 history pages could be read (http_404)"),
        (shuffled, "what it takes as an id does not grow"),
    ],
)
def test_each_sign_is_told(happens: Callable[[Suspicion], None], sentence: str) -> None:
    """In one sentence that names the driver."""
    with pytest.raises(DriverMistaken, match="The driver parrot seems to be wrong") as caught:
        happens(Suspicion("parrot", {"echo": "all"}))
    assert sentence in str(caught.value)


@pytest.mark.parametrize("happens", [altered, unacknowledged, unechoed, unread])
def test_one_thing_that_goes_right_is_enough(happens: Callable[[Suspicion], None]) -> None:
    """Then what goes wrong is the target's, for the judge to see."""
    suspicion = Suspicion("parrot", {"echo": "all"})
    suspicion.arrived(1, 0, 1, 1 << 32, content_ok=True)
    suspicion.acknowledged()
    suspicion.page(was_read=True, code="")
    happens(suspicion)
