"""One WebSocket connection to a target, as a probe needs it: opened, pinged, and told apart by how it ends.

The handshake carries no credential, for a probe is nobody's device.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import NoReturn
from urllib.parse import urlsplit

import trio
from msgspec.structs import replace
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State
from websockets.uri import parse_uri

from chatproof.chaos.errors import Distrusted, HandshakeRefused, ProbeCut, TurnedAway
from chatproof.drivers.http import DENIALS
from chatproof.drivers.interface import Endpoint
from chatproof.drivers.trust import trusting

READ_BYTES = 65_536


class Connection:
    """An open connection. Methods raise `ProbeCut` when it is gone, and `TurnedAway` when the target closed it."""

    def __init__(self, stream: trio.abc.Stream, protocol: ClientProtocol) -> None:
        self._stream = stream
        self._protocol = protocol
        self._pings = 0

    @classmethod
    async def open(cls, target: Endpoint) -> Connection:
        """Connect and shake hands. Raises `ProbeCut`, `HandshakeRefused`, `TurnedAway` or `Distrusted`."""
        connection = cls(await _dial(target), ClientProtocol(parse_uri(target.ws)))
        async with AsyncExitStack() as unless_it_works:
            unless_it_works.push_async_callback(connection.aclose)
            await connection._shake_hands()
            unless_it_works.pop_all()
        return connection

    async def ping(self) -> None:
        """Ping, and wait for the answer to this very ping."""
        self._pings += 1
        payload = b"chatproof %d" % self._pings
        await self._send_ping(payload)
        while not any(_is_pong(event, payload) for event in await self._receive()):
            self._raise_if_closed()

    async def drain(self) -> NoReturn:
        """Write a byte and read until the connection is gone, or closed in good order: some cuts need a next byte."""
        await self._send_ping(b"")
        while True:
            await self._receive()
            self._raise_if_closed()

    async def aclose(self) -> None:
        """Drop the connection without ceremony."""
        await trio.aclose_forcefully(self._stream)

    async def _shake_hands(self) -> None:
        """Send the upgrade request and wait for its answer."""
        self._protocol.send_request(self._protocol.connect())
        await self._flush()
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            await self._receive()
        refusal = self._protocol.handshake_exc
        if isinstance(refusal, InvalidStatus) and refusal.response.status_code in DENIALS:
            raise TurnedAway(f"the handshake needs a credential: {refusal}")
        if refusal is not None:
            raise HandshakeRefused(f"the handshake was refused: {refusal}")

    async def _send_ping(self, payload: bytes) -> None:
        """Write a ping frame."""
        self._raise_if_closed()
        if self._protocol.state is not State.OPEN:
            raise ProbeCut("the connection is closing")
        self._protocol.send_ping(payload)
        await self._flush()

    def _raise_if_closed(self) -> None:
        """The target has said goodbye."""
        if self._protocol.close_rcvd is not None:
            raise TurnedAway(f"the target closed the connection: {self._protocol.close_rcvd}")

    async def _receive(self) -> Sequence[Event]:
        """Wait for bytes; the frames that they complete."""
        try:
            data = await self._stream.receive_some(READ_BYTES)
        except trio.BrokenResourceError as error:
            raise ProbeCut("the connection was reset") from error
        if not data:
            raise ProbeCut("the connection was closed")
        self._protocol.receive_data(data)
        await self._flush()
        return self._protocol.events_received()

    async def _flush(self) -> None:
        """Write what the protocol wants written; an empty piece stands for end of file, which `aclose` sees to."""
        try:
            for piece in self._protocol.data_to_send():
                if piece:
                    await self._stream.send_all(piece)
        except trio.BrokenResourceError as error:
            raise ProbeCut("the connection was reset") from error


async def _dial(target: Endpoint) -> trio.abc.Stream:
    """Open the TCP connection, where the link listens if there is one; and TLS, with the target's own name."""
    parts = urlsplit(target.ws)
    at = urlsplit(f"//{target.ws_at}") if target.ws_at else parts
    trusted = trusting(replace(target, http=""))
    try:
        stream = await trio.open_tcp_stream(at.hostname or "", at.port or (443 if trusted else 80))
    except OSError as error:
        raise ProbeCut(f"the connection was refused ({error})") from error
    return await _secured(stream, trusted, parts.hostname or "") if trusted else stream


async def _secured(stream: trio.SocketStream, trusted: ssl.SSLContext, name: str) -> trio.abc.Stream:
    """TLS over an open connection."""
    secured = trio.SSLStream(stream, trusted, server_hostname=name)
    async with AsyncExitStack() as unless_it_works:
        unless_it_works.push_async_callback(trio.aclose_forcefully, stream)
        await _shake_tls_hands(secured, name)
        unless_it_works.pop_all()
    return secured


async def _shake_tls_hands(secured: trio.SSLStream[trio.SocketStream], name: str) -> None:
    """The handshake, and why it failed."""
    try:
        await secured.do_handshake()
    except trio.BrokenResourceError as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise Distrusted(f"the certificate of {name} is not trusted: {error.__cause__.verify_message}") from error
        raise ProbeCut(f"there is no TLS ({error.__cause__})") from error


def _is_pong(event: Event, payload: bytes) -> bool:
    """Whether a frame answers the ping with this payload."""
    return isinstance(event, Frame) and event.opcode is Opcode.PONG and bytes(event.data) == payload
