"""The plane's end of the coordinator's socket. Messages leave in the call that sends them: a kill waits for nobody."""

from __future__ import annotations

import asyncio
import socket
from collections import deque

import msgspec

from chatproof.loadtests.address import connected as connected_to
from chatproof.loadtests.control import AskClock, Clock, FromPlane, ToPlane
from chatproof.loadtests.errors import CoordinatorLost

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[ToPlane] = msgspec.json.Decoder(ToPlane)
_READ_BYTES = 4096
_ANSWER_S = 5.0


class ControlLink:
    """A connected socket that carries one JSON object per line, both ways."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._rest = b""
        self._received: deque[ToPlane] = deque()

    @classmethod
    def connect(cls, address: str) -> ControlLink:
        """Connect to the coordinator. Raises `CoordinatorLost` where there is none."""
        try:
            return cls(connected_to(address))
        except OSError as problem:
            raise CoordinatorLost(f"no coordinator answers at {address}: {problem.strerror or problem}") from problem

    def ask_clock(self) -> int:
        """CLOCK_MONOTONIC of the coordinator's machine in ns; waits for the answer, so only before the first message.

        Raises `CoordinatorLost`.
        """
        self.send(AskClock())
        self._socket.settimeout(_ANSWER_S)
        try:
            answer = _decoder.decode(self._socket.recv(_READ_BYTES))
        except (OSError, msgspec.DecodeError) as problem:
            raise CoordinatorLost(f"the coordinator does not tell its clock: {problem}") from problem
        finally:
            self._socket.setblocking(False)
        if not isinstance(answer, Clock):
            raise CoordinatorLost("the coordinator does not tell its clock")
        return answer.t_ns

    def send(self, message: FromPlane) -> None:
        """Write one message at once. Raises `CoordinatorLost` where the socket is closed, or full and nobody reads."""
        line = _encoder.encode(message) + b"\n"
        try:
            written = self._socket.send(line)
        except OSError as problem:
            raise CoordinatorLost("the coordinator closed its socket") from problem
        if written < len(line):
            raise CoordinatorLost("the coordinator does not read its socket")

    async def receive(self) -> ToPlane:
        """The next message. Raises `CoordinatorLost` at the end of the stream."""
        loop = asyncio.get_running_loop()
        while not self._received:
            try:
                data = await loop.sock_recv(self._socket, _READ_BYTES)
            except OSError as problem:
                raise CoordinatorLost("the coordinator reset its socket") from problem
            if not data:
                raise CoordinatorLost("the coordinator closed its socket")
            *lines, self._rest = (self._rest + data).split(b"\n")
            self._received.extend(_decoder.decode(line) for line in lines)
        return self._received.popleft()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
