"""The plane's end of the coordinator's socket. Messages leave in the call that sends them: a kill waits for nobody."""

from __future__ import annotations

import asyncio
import socket
from collections import deque

import msgspec

from chatproof.loadtests.control import FromPlane, ToPlane
from chatproof.loadtests.errors import CoordinatorLost

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[ToPlane] = msgspec.json.Decoder(ToPlane)
_READ_BYTES = 4096


class ControlLink:
    """A connected Unix socket that carries one JSON object per line, both ways."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._rest = b""
        self._received: deque[ToPlane] = deque()

    @classmethod
    def connect(cls, path: str) -> ControlLink:
        """Connect to the coordinator. Raises `CoordinatorLost` where there is none."""
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connected.connect(path)
        except OSError as problem:
            connected.close()
            raise CoordinatorLost(f"no coordinator answers at {path}: {problem.strerror}") from problem
        return cls(connected)

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
