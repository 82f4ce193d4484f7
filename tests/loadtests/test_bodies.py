"""Bodies are checked by making them again."""

from chatproof.loadtests.actions import OVERSIZE_PAD
from chatproof.loadtests.bodies import BodyChecker, Checked
from chatproof.protocol.bodies import body_hash, body_of

OP = 3 << 32 | 9


def test_a_body_as_it_was_sent_is_right() -> None:
    """Also one that was too large and should have been refused: its content is not what is wrong with it."""
    body = body_of(7, OP)
    assert Checked(OP, body_hash(body), content_ok=True) == BodyChecker(7).check(body)
    assert BodyChecker(7).check(body + OVERSIZE_PAD).content_ok


def test_an_altered_body_is_wrong() -> None:
    """One character, or another run's seed."""
    body = body_of(7, OP)
    assert not BodyChecker(7).check(body + "x").content_ok
    assert not BodyChecker(8).check(body).content_ok


def test_a_body_that_names_no_operation_is_wrong() -> None:
    """And its hash stands in the history all the same."""
    for body in ("", "hello", "ffffffffffffffff says too much"):
        assert Checked(None, body_hash(body), content_ok=False) == BodyChecker(7).check(body)
