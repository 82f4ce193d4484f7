"""A whole driver of somebody's own: whatever its code raises names the driver, the method and the exception."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, cast

import pytest
import trio

from chatproof.drivers.blamed import BlamedDriver, BlamedSession
from chatproof.drivers.errors import DriverError, DriverMistaken
from chatproof.drivers.http import Dial, HttpAnswer, HttpRequest, HttpSession
from chatproof.drivers.interface import (
    DeviceSpec,
    Driver,
    Endpoint,
    Observation,
    Operation,
    Outgoing,
    Provisioned,
    Read,
    Roster,
    Session,
    StartCommand,
)
from tests.loadtests.fakes import FakeSession

NOWHERE = Endpoint("ws://x/", "http://x")
ROSTER = Roster(1, (DeviceSpec(0, 0, "a"),), ())
WHOLE = Provisioned({0: "ann"}, {0: "t0"}, {})


class Whole:
    """A driver that makes what it is given."""

    name = "whole"
    reads_backward = True
    claims: ClassVar[dict[str, Any]] = {"history": True}

    def __init__(self, session: object = None, made: object = WHOLE) -> None:
        self._session = session or FakeSession()
        self._made = made

    def start_command(self, **_: object) -> StartCommand:
        """There is none."""
        raise DriverError("start it yourself")

    async def provision(self, endpoint: Endpoint, roster: Roster, secret: str) -> Any:
        """What was given, or raised."""
        if isinstance(self._made, Exception):
            raise self._made
        return self._made

    def session(self, **_: object) -> Session:
        """What was given, or raised."""
        if isinstance(self._session, Exception):
            raise self._session
        return cast(Session, self._session)


class Failing:
    """A session of which every method raises."""

    def _fail(self, *_: object, **__: object) -> Any:
        raise KeyError("room")

    link_up = link_down = receive = tick = outgoing = follow = do = mark = read = _fail
    reconnect_at_ns = contiguous = pending = dial = requests = responded = _fail


class OverHttp(FakeSession):
    """A session with requests."""

    def dial(self, ws: str) -> Dial:
        """There."""
        return Dial(ws)

    def requests(self) -> Sequence[HttpRequest]:
        """One."""
        return [HttpRequest(1, "GET", "/", {}, b"", ())]

    def responded(self, ref: int, answer: HttpAnswer, now_ns: int) -> Sequence[Observation]:
        """Nothing."""
        return ()


def blamed(**made: object) -> BlamedDriver:
    """Such a driver, blamed."""
    return BlamedDriver(cast(Driver, Whole(**made)))


def session_of(driver: BlamedDriver) -> BlamedSession:
    """A session for its one device."""
    return driver.session(device=ROSTER.devices[0], roster=ROSTER, provisioned=WHOLE, seed=1)


CALLS: dict[str, Callable[[Any], object]] = {
    "link_up": lambda session: session.link_up(0),
    "link_down": lambda session: session.link_down(0, 1006, clean=False),
    "receive": lambda session: session.receive(b"", 0),
    "tick": lambda session: session.tick(0),
    "outgoing": lambda session: session.outgoing(0),
    "follow": lambda session: session.follow([], []),
    "do": lambda session: session.do(Operation(1, "send"), 0, 1),
    "mark": lambda session: session.mark(0, 1, 1),
    "read": lambda session: session.read(Read(1, 0, 0, 10)),
    "reconnect_at_ns": lambda session: session.reconnect_at_ns(),
    "contiguous": lambda session: session.contiguous(0),
    "pending": lambda session: session.pending(),
    "dial": lambda session: session.dial("ws://x/"),
    "requests": lambda session: session.requests(),
    "responded": lambda session: session.responded(1, HttpAnswer(200, {}, b""), 0),
}


@pytest.mark.parametrize("method", CALLS)
def test_a_session_that_raises_is_told_by_the_method(method: str) -> None:
    """With the driver, the exception and its line."""
    session = session_of(blamed(session=Failing()))
    with pytest.raises(DriverMistaken) as caught:
        CALLS[method](session)
    assert str(caught.value).startswith(
        f"The driver failed when whole.{method} was called: KeyError: 'room' (test_blamed.py, line "
    )


def test_what_a_session_does_is_handed_on() -> None:
    """Whether it speaks over HTTP, too, can still be seen."""
    fake = OverHttp(connects_at_ns=7, reached={3: 4})
    session = session_of(blamed(session=fake))
    session.do(Operation(1, "send"), 0, 1)
    session.read(Read(1, 0, 0, 10))
    assert (1, 1, 7, 4) == (len(fake.done), len(fake.reads), session.reconnect_at_ns(), session.contiguous(3))
    assert [Outgoing] == [type(each) for each in session.outgoing(0)]
    assert isinstance(session, HttpSession)
    assert (Dial("ws://x/"), 1) == (session.dial("ws://x/"), len(session.requests()))
    assert not isinstance(session_of(blamed()), HttpSession)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (ValueError("no such plan"), "The driver failed when whole.provision was called: ValueError: no such plan ("),
        (None, "The driver failed when it provisioned: whole.provision returned None."),
        (Provisioned({}, {0: "t"}, {}), "The driver whole made no users 0 (1 missing)."),
        (DriverError("The admin key is wrong."), "The admin key is wrong."),
    ],
)
def test_provisioning_that_fails_is_one_sentence(made: object, sentence: str) -> None:
    """Also where it returns less than was asked for; an error that its author chose to raise stays what it is."""
    with pytest.raises(DriverError) as caught:
        trio.run(blamed(made=made).provision, NOWHERE, ROSTER, "")
    assert str(caught.value).startswith(sentence)


def test_a_session_that_cannot_be_made_is_told() -> None:
    """By the driver's method."""
    with pytest.raises(DriverMistaken, match=r"when whole\.session was called: TypeError: no seed"):
        session_of(blamed(session=TypeError("no seed")))


def test_what_the_driver_says_of_itself_is_handed_on() -> None:
    """Its name, its claims, and that it cannot start its target."""
    driver = blamed()
    assert ("whole", True, {"history": True}) == (driver.name, driver.reads_backward, driver.claims)
    with pytest.raises(DriverError, match="start it yourself"):
        driver.start_command(node="n", directory="d", ws_port=1, http_port=2, variant="")
