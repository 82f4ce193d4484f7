"""The echo server and its driver: acknowledges sends in order, and nothing else goes over the wire."""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.generators.echo import Echo
from benchmarks.generators.messages import message
from benchmarks.generators.plane import plan_of, talk_to_themselves
from chatproof.drivers.interface import Answered, Attempting, CaughtUp, Operation, Ready, Session, Settled
from chatproof.drivers.registry import driver_of
from chatproof.protocol.frames import SendOk

KEY = "0190a4a0-0000-7000-8000-000000000001"
SEND = Operation(7, "send", 0, KEY, "hello")


def session_of(directory: Path) -> Session:
    """The session of a device that follows a conversation, as a plane makes it."""
    plan = plan_of(talk_to_themselves(2, 1.0, 1.0), "ws://nowhere", directory)
    session = driver_of(plan.driver).session(
        device=plan.roster.devices[0], roster=plan.roster, provisioned=plan.provisioned, seed=1
    )
    session.follow([0], [])
    return session


def test_messages_of_other_generators_are_acknowledged() -> None:
    """Each conversation counts by itself."""
    echo = Echo()
    replies = [msgspec.json.decode(echo.answer(message(user, 1).encode())) for user in (3, 3, 4)]
    oks = [msgspec.convert(reply["ok"], SendOk) for reply in replies]
    assert [("g3", 1), ("g3", 2), ("g4", 1)] == [(ok.conv, ok.seq) for ok in oks]
    assert 3 == echo.acked


def test_a_device_is_live_with_its_link_and_its_send_is_acknowledged(tmp_path: Path) -> None:
    """A frame out, a frame in; what was acknowledged counts as there."""
    session, echo = session_of(tmp_path), Echo()
    assert [Ready("echo", 1), CaughtUp(0, 0)] == session.link_up(0)
    assert session.do(SEND, 0, 1)
    [(frame, attempts)] = session.outgoing(0)
    assert (Attempting(7, 1),) == attempts
    answered = Answered(7, 1, "ok", "", False, 1, 1, 1, False)
    assert (answered, Settled(7, "ok", "", "ack", 1, 1, 1)) == session.receive(echo.answer(frame), 0)
    assert (1, 0) == (session.contiguous(0), session.pending())


def test_what_a_lost_link_leaves_open_is_unknown(tmp_path: Path) -> None:
    """It may have been counted."""
    session = session_of(tmp_path)
    session.link_up(0)
    session.do(SEND, 0, 1)
    session.outgoing(0)
    unknown = Answered(7, 1, "unknown", "link_lost", False, 0, 0, 0, False)
    assert [unknown, Settled(7, "unknown", "link_lost", "none", 0, 0, 0)] == session.link_down(0, 1006, clean=False)
    assert 0 == session.reconnect_at_ns()
