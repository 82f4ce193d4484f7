"""A WebSocket server whose every answer is written down beforehand, on a real socket of the loopback interface."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import trio
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

Fields = dict[str, Any]
Line = dict[str, Any]


class Hangup(Exception):
    """A script ends the connection, without a word."""


Script = Callable[[int, str, Fields], Sequence[Line]]
"""(number of the connection, command, fields) → the lines that answer it; a line without an id gets the request's."""


class FakeServer:
    """What it heard: `commands` as (connection, command, fields)."""

    def __init__(self, script: Script) -> None:
        self.commands: list[tuple[int, str, Fields]] = []
        self.connections = 0
        self.url = ""
        self._script = script
        self._links: list[tuple[ServerProtocol, trio.SocketStream]] = []

    def heard(self, command: str) -> list[Fields]:
        """The fields of every command of this name."""
        return [fields for _, name, fields in self.commands if name == command]

    async def push(self, *lines: Line) -> None:
        """Send lines on the newest connection, in one frame."""
        protocol, stream = self._links[-1]
        protocol.send_text(_text(lines))
        await _flush(protocol, stream)

    async def hang_up(self, code: int) -> None:
        """Close the newest connection with this code."""
        protocol, stream = self._links[-1]
        protocol.send_close(code)
        await _flush(protocol, stream)

    async def serve(self, stream: trio.SocketStream) -> None:
        """One connection, to its end."""
        self.connections += 1
        number, protocol = self.connections, ServerProtocol()
        try:
            await self._talk(number, protocol, stream)
        except (Hangup, trio.BrokenResourceError):
            return
        finally:
            await trio.aclose_forcefully(stream)

    async def _talk(self, number: int, protocol: ServerProtocol, stream: trio.SocketStream) -> None:
        async for data in stream:
            protocol.receive_data(data)
            for event in protocol.events_received():
                if protocol.state is State.CONNECTING:
                    protocol.send_response(protocol.accept(event))
                    self._links.append((protocol, stream))
                elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self._answer(number, protocol, bytes(event.data))
            await _flush(protocol, stream)
            if protocol.close_expected():
                return

    def _answer(self, number: int, protocol: ServerProtocol, data: bytes) -> None:
        for line in data.decode().split("\n"):
            request = json.loads(line)
            request_id = request.pop("id")
            ((command, fields),) = request.items()
            self.commands.append((number, command, fields))
            lines = [
                {"id": request_id, **each} if "ok" in each or "error" in each else each
                for each in self._script(number, command, fields)
            ]
            if lines:
                protocol.send_text(_text(lines))


@asynccontextmanager
async def fake_server(script: Script) -> AsyncIterator[FakeServer]:
    """A server that answers by this script, on a free port."""
    server = FakeServer(script)
    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, server.serve, 0, host="127.0.0.1"))
        server.url = f"ws://127.0.0.1:{listener.socket.getsockname()[1]}/"
        yield server
        nursery.cancel_scope.cancel()


def _text(lines: Sequence[Line]) -> bytes:
    return "\n".join(json.dumps(line) for line in lines).encode()


async def _flush(protocol: ServerProtocol, stream: trio.SocketStream) -> None:
    for piece in protocol.data_to_send():
        if piece:
            await stream.send_all(piece)
