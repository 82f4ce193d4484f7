"""A WebSocket on trio over the sans-I/O core of `websockets`: text frames, each told to a listener as it passes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Literal
from urllib.parse import urlsplit

import trio
from websockets.client import ClientProtocol
from websockets.exceptions import ProtocolError
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import Event, State
from websockets.uri import parse_uri

from chatproof.chaos.clients.errors import LinkLost

Direction = Literal["in", "out"]
Listener = Callable[[Direction, bytes], None]
"""Hears the payload of every text frame, before it is written or after it was read."""

READ_BYTES = 65_536

_TEXT_OPENS = (Opcode.TEXT, Opcode.BINARY)


class Socket:
    """One connection. Any number of tasks may send; one receives. Methods raise `LinkLost`."""

    def __init__(self, stream: trio.SocketStream, protocol: ClientProtocol, listener: Listener) -> None:
        self._stream = stream
        self._protocol = protocol
        self._listener = listener
        self._writing = trio.Lock()
        self._parts: list[bytes] = []
        self._texts: list[str] = []

    @classmethod
    async def connect(cls, url: str, within_s: float, listener: Listener) -> Socket:
        """Connect to a ws:// URL and shake hands."""
        with trio.move_on_after(within_s):
            socket = cls(await _dial(url), ClientProtocol(parse_uri(url)), listener)
            async with AsyncExitStack() as unless_it_works:
                unless_it_works.push_async_callback(socket.abort)
                await socket._shake_hands()
                unless_it_works.pop_all()
            return socket
        raise LinkLost(f"no connection within {within_s:g} s", "link", "abort")

    async def send(self, text: str) -> None:
        """Write one text frame."""
        data = text.encode()
        async with self._writing:
            if self._protocol.state is not State.OPEN:
                raise self._lost()
            self._listener("out", data)
            self._protocol.send_text(data)
            await self._flush()

    async def receive(self) -> str:
        """Wait for the next text frame."""
        while not self._texts:
            await self._read()
        return self._texts.pop(0)

    async def say_goodbye(self) -> None:
        """Write a close frame; whoever receives sees the end."""
        async with self._writing:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(1000)
                await self._flush()

    async def abort(self) -> None:
        """Drop the connection without ceremony."""
        await trio.aclose_forcefully(self._stream)

    async def _shake_hands(self) -> None:
        """Send the upgrade request and wait for its answer."""
        self._protocol.send_request(self._protocol.connect())
        await self._flush()
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            await self._read()
        if self._protocol.handshake_exc is not None:
            raise LinkLost(f"the handshake was refused: {self._protocol.handshake_exc}", "server", "abort")

    async def _read(self) -> None:
        """Wait for bytes and take the frames that they complete."""
        try:
            data = await self._stream.receive_some(READ_BYTES)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise LinkLost("the connection was reset", "link", "abort") from error
        if not data:
            raise self._lost()
        self._protocol.receive_data(data)
        async with self._writing:
            await self._flush()
        for event in self._protocol.events_received():
            self._take(event)
        if isinstance(self._protocol.parser_exc, ProtocolError):
            raise LinkLost(f"the server broke RFC 6455: {self._protocol.parser_exc}", "client", "abort")

    def _take(self, event: Event) -> None:
        """One frame; pieces of a message are put together, control frames are the protocol's affair."""
        if not isinstance(event, Frame) or event.opcode not in (*_TEXT_OPENS, Opcode.CONT):
            return
        self._parts.append(bytes(event.data))
        if event.fin:
            data = b"".join(self._parts)
            self._parts.clear()
            self._listener("in", data)
            self._texts.append(data.decode(errors="replace"))

    async def _flush(self) -> None:
        """Write what the protocol wants written; an empty piece stands for end of file, which `abort` sees to."""
        try:
            for piece in self._protocol.data_to_send():
                if piece:
                    await self._stream.send_all(piece)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise LinkLost("the connection was reset", "link", "abort") from error

    def _lost(self) -> LinkLost:
        """Why the connection is over, as far as the server said."""
        said: Close | None = self._protocol.close_rcvd
        if said is None:
            return LinkLost("the connection was cut without a close frame", "link", "abort")
        return LinkLost(f"the server closed with {said.code} {said.reason}".rstrip(), "server", "clean", said.code)


async def _dial(url: str) -> trio.SocketStream:
    """A TCP connection to the host and port of a ws:// URL."""
    parts = urlsplit(url)
    try:
        return await trio.open_tcp_stream(parts.hostname or "", parts.port or 80)
    except OSError as error:
        raise LinkLost(f"the connection was refused: {error}", "link", "abort") from error
