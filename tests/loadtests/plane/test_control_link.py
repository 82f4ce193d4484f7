"""The plane's end of the coordinator's socket: what is sent leaves at once, what comes is cut at line ends."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from chatproof.loadtests.control import EnterPhase, FromPlane, Start, Trigger
from chatproof.loadtests.errors import CoordinatorLost
from chatproof.loadtests.plane.control_link import ControlLink


class Ends:
    """Both ends of one connection."""

    def __init__(self) -> None:
        ours, self.other = socket.socketpair()
        self.link = ControlLink(ours)


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Closed afterwards."""
    ends = Ends()
    yield ends
    ends.link.close()
    ends.other.close()


def test_a_message_is_on_its_way_when_send_returns(ends: Ends) -> None:
    """No event loop runs here: a kill must not wait for one to come round."""
    ends.link.send(Trigger(0, "kill-0", 5))
    ends.other.setblocking(False)
    assert Trigger(0, "kill-0", 5) == msgspec.json.decode(ends.other.recv(4096), type=FromPlane)


def test_messages_are_cut_at_line_ends(ends: Ends) -> None:
    """Two in one read, one in two."""
    lines = msgspec.json.encode(Start(5)) + b"\n" + msgspec.json.encode(EnterPhase("heal")) + b"\n"
    ends.other.sendall(lines + b'{"type":"ph')

    async def receive() -> list[object]:
        first = [await ends.link.receive(), await ends.link.receive()]
        ends.other.sendall(b'ase","phase":"drain"}\n')
        return [*first, await ends.link.receive()]

    assert [Start(5), EnterPhase("heal"), EnterPhase("drain")] == asyncio.run(receive())


def test_a_coordinator_that_is_gone_is_an_error_both_ways(ends: Ends) -> None:
    """The plane must not go on alone."""
    ends.other.close()
    with pytest.raises(CoordinatorLost):
        asyncio.run(ends.link.receive())
    with pytest.raises(CoordinatorLost):
        ends.link.send(Trigger(0, "kill-0", 5))


def test_a_coordinator_that_does_not_read_is_an_error(ends: Ends) -> None:
    """Bounded by the socket's buffer, and never blocking."""
    def send_for_ever() -> None:
        while True:
            ends.link.send(Trigger(0, "kill-0", 5))

    with pytest.raises(CoordinatorLost):
        send_for_ever()


def test_no_coordinator_is_said_in_a_sentence(tmp_path: Path) -> None:
    """With the path."""
    with pytest.raises(CoordinatorLost, match=r"no coordinator answers at .*/nothing"):
        ControlLink.connect(str(tmp_path / "nothing"))
