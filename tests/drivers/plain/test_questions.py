"""What becomes of answers that come late, and of those that ask for patience."""

from chatproof.drivers.http import HttpAnswer
from chatproof.drivers.interface import Arrived, Settled
from tests.drivers.plain.parrot import Parrot, Table


def test_an_acknowledgement_that_comes_too_late_ends_the_message() -> None:
    """Its attempt was told as unknown and is not told again; what it says of the message is true."""
    table = Table(Parrot(idempotent_window_s=60))
    table.connect()
    table.send(7)
    table.written()
    table.wait(5.1)
    seen = table.hear(["ok", 1, 41])
    assert [Arrived, Settled] == [type(each) for each in seen]
    assert "ok" == seen[-1].outcome


def test_a_target_says_how_long_to_wait() -> None:
    """`Retry-After` in seconds, and nothing is asked before."""
    table = Table(Parrot(http=True))
    table.connect()
    table.send(7)
    table.written()
    (request,) = table.session.requests()
    table.session.responded(request.ref, HttpAnswer(429, {"Retry-After": "4"}, b""), table.now_ns)
    table.wait(3.9)
    table.written()
    assert () == tuple(table.session.requests())
    table.wait(0.1)
    table.written()
    assert [7] == [each.attempts[0].op for each in table.session.requests()]
