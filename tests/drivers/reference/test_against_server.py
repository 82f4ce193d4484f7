"""The driver against the real server: started, provisioned, spoken to, killed, and spoken to again."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import anyio
import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from chatproof.backends import ports
from chatproof.drivers.interface import (
    Arrived,
    CaughtUp,
    ConversationSpec,
    DeviceSpec,
    Observation,
    Operation,
    PageRead,
    Provisioned,
    Read,
    Ready,
    ResumeAnswered,
    Roster,
    Session,
    Settled,
    StartCommand,
)
from chatproof.drivers.reference import ReferenceDriver
from chatproof.protocol.keys import uuid7
from tests.protocol.peer import NEVER

pytestmark = pytest.mark.slow
PATIENCE_S = 15.0
ROSTER = Roster(
    users=2,
    devices=(DeviceSpec(0, 0, "l0"), DeviceSpec(1, 1, "l0")),
    conversations=(ConversationSpec(0, "group", (0, 1)), ConversationSpec(1, "direct", (0, 1))),
)


def send(op: int, conv: int, body: str) -> Operation:
    """A message with a key of now."""
    return Operation(op, "send", conv, uuid7(time.time_ns() // 1_000_000, op), body)


class Server:
    """The target as a process."""

    def __init__(self, command: StartCommand) -> None:
        self.command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        env = {**os.environ, **self.command.env}
        process = self._process = subprocess.Popen(self.command.argv, env=env, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"ready ")
        assert httpx.get(self.command.ready_url, trust_env=False).is_success

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


class Device:
    """A session on a blocking socket; `seen` holds all that it observed."""

    def __init__(self, session: Session, url: str) -> None:
        self.session = session
        self.seen: list[Observation] = []
        self._url = url
        self._links = ExitStack()
        self._socket: ClientConnection | None = None

    def connect(self) -> None:
        """A new link."""
        self._socket = self._links.enter_context(connect(self._url, proxy=None))
        self.seen += self.session.link_up(time.monotonic_ns())

    def until(self, is_enough: Callable[[], bool]) -> None:
        """Talk until this is so."""
        end = time.monotonic() + PATIENCE_S
        while not is_enough():
            assert time.monotonic() < end, f"still waiting; seen: {self.seen[-5:]}"
            self._talk()

    def of(self, kind: type) -> list[Observation]:
        """What was observed of one kind."""
        return [each for each in self.seen if type(each) is kind]

    def close(self) -> None:
        """No more link."""
        self._links.close()

    def _talk(self) -> None:
        assert self._socket is not None
        try:
            for frame, _ in self.session.outgoing(time.monotonic_ns()):
                self._socket.send(frame.decode())
            received = self._socket.recv(timeout=0.05, decode=False)
            self.seen += self.session.receive(received, time.monotonic_ns())
        except TimeoutError:
            self.seen += self.session.tick(time.monotonic_ns())
        except ConnectionClosed:
            self.seen += self.session.link_down(time.monotonic_ns(), 1006, clean=False)
            raise


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running target."""
    ws_port, http_port = ports.free_ports(2)
    command = ReferenceDriver().start_command(
        node="n1", directory=str(tmp_path), ws_port=ws_port, http_port=http_port, variant=""
    )
    server = Server(command)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def provisioned(server: Server) -> Provisioned:
    """Everyone of the roster."""
    command = server.command
    provision = partial(ReferenceDriver().provision, command.endpoint, ROSTER, command.secret)
    made: Provisioned = anyio.run(provision, backend="trio")
    assert made.conversations == anyio.run(provision, backend="trio").conversations
    return made


@pytest.fixture
def device(server: Server, provisioned: Provisioned) -> Iterator[Device]:
    """User 0's device, live in both conversations."""
    session = ReferenceDriver().session(device=ROSTER.devices[0], roster=ROSTER, provisioned=provisioned, seed=1)
    session.follow([0, 1], [1])
    device = Device(session, server.command.endpoint.ws)
    device.connect()
    try:
        device.until(lambda: len(device.of(CaughtUp)) == 2)
        yield device
    finally:
        device.close()


def test_a_message_is_acknowledged_shown_once_and_read_back(device: Device) -> None:
    """The whole life of a message."""
    assert device.session.do(send(1, 0, "grüße"), time.monotonic_ns(), NEVER)
    device.until(lambda: len(device.of(Settled)) == 1 and len(device.of(Arrived)) == 2)
    [settled] = device.of(Settled)
    assert isinstance(settled, Settled)
    assert ("ok", "ack") == (settled.outcome, settled.by)
    arrived = [each for each in device.of(Arrived) if isinstance(each, Arrived)]
    assert [settled.seq] == [each.seq for each in arrived if each.shown]
    device.session.read(Read(1, 0, 0, 100))
    device.until(lambda: len(device.of(PageRead)) == 1)
    [page] = device.of(PageRead)
    assert isinstance(page, PageRead)
    assert ["create", "message"] == [item.event for item in page.items]
    assert "grüße" == page.items[-1].body


def test_a_killed_server_gives_the_same_answer_again(server: Server, device: Device) -> None:
    """The session resumes, tries its operation again, and the key has one seq."""
    operation = send(1, 1, "hello")
    device.session.do(operation, time.monotonic_ns(), NEVER)
    device.until(lambda: len(device.of(Settled)) == 1)
    server.kill()
    with pytest.raises(ConnectionClosed):
        device.until(lambda: False)
    server.start()
    device.session.do(operation, time.monotonic_ns(), NEVER)
    device.connect()
    device.until(lambda: len(device.of(Settled)) == 2)
    first, second = (each for each in device.of(Settled) if isinstance(each, Settled))
    assert ("ok", "retry", first.seq) == (second.outcome, second.by, second.seq)
    resumes = [each.outcome for each in device.of(ResumeAnswered) if isinstance(each, ResumeAnswered)]
    assert ["recovered"] * 2 == resumes
    incarnations = [each.incarnation for each in device.of(Ready) if isinstance(each, Ready)]
    assert incarnations == sorted(set(incarnations))
