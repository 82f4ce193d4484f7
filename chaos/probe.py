"""A probe: one WebSocket connection that measures round trips from outside, to see whether a fault acts and is gone.

It pings at the level of RFC 6455, which every WebSocket server answers; it neither logs in nor sends a message.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from urllib.parse import urlsplit

import trio
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State
from websockets.uri import parse_uri

from chatproof.chaos.errors import Distrusted, ProbeCut, ProbeError, ProbeSilent
from chatproof.drivers.interface import Endpoint

READ_BYTES = 65_536

RETRY_S = 0.05
"""Pause between attempts to reach a target that refuses: short beside the second that a restart takes."""

ATTEMPT_S = 1.0
"""Longest time for one attempt: a connection that was made just before a link was mended may never be answered."""


class Probe:
    """One open connection. Methods raise `ProbeSilent` or `ProbeCut`; after a `ProbeCut` it is of no more use."""

    def __init__(self, stream: trio.abc.Stream, protocol: ClientProtocol) -> None:
        self._stream = stream
        self._protocol = protocol
        self._pings = 0

    @classmethod
    async def connect(cls, target: Endpoint | str, within_s: float) -> Probe:
        """Connect to the WebSocket of a target, or to a URL, and shake hands. Raises `Distrusted` for a certificate."""
        target = Endpoint(ws=target, http="") if isinstance(target, str) else target
        with _bounded(within_s, "no connection"):
            probe = cls(await _dial(target), ClientProtocol(parse_uri(target.ws)))
            async with AsyncExitStack() as unless_it_works:
                unless_it_works.push_async_callback(probe.aclose)
                await probe._shake_hands()
                unless_it_works.pop_all()
        return probe

    async def round_trip(self, within_s: float) -> int:
        """Ping, wait for the answer to this very ping; returns ns."""
        self._pings += 1
        payload = b"chatproof %d" % self._pings
        start_ns = time.monotonic_ns()
        with _bounded(within_s, "no answer"):
            await self._ping(payload)
            while not any(_is_pong(event, payload) for event in await self._receive()):
                pass
        return time.monotonic_ns() - start_ns

    async def wait_cut(self, within_s: float) -> str:
        """Wait until the connection is cut; returns how, in words. Pings once: some cuts happen at the next byte."""
        with _bounded(within_s, "the connection was not cut"):
            try:
                await self._ping(b"")
                while True:
                    await self._receive()
            except ProbeCut as cut:
                return str(cut)

    async def aclose(self) -> None:
        """Drop the connection without ceremony."""
        await trio.aclose_forcefully(self._stream)

    async def _shake_hands(self) -> None:
        """Send the upgrade request and wait for its answer."""
        self._protocol.send_request(self._protocol.connect())
        await self._flush()
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            await self._receive()
        if self._protocol.handshake_exc is not None:
            raise ProbeCut(f"the handshake was refused: {self._protocol.handshake_exc}")

    async def _ping(self, payload: bytes) -> None:
        """Write a ping frame."""
        if self._protocol.state is not State.OPEN:
            raise ProbeCut("the connection is closing")
        self._protocol.send_ping(payload)
        await self._flush()

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


async def wait_through(target: Endpoint | str, within_s: float) -> int:
    """Connect and make a round trip, again and again until one succeeds; returns its ns, or raises the last error.

    A certificate that is not trusted will not be later: `Distrusted` is raised at once.
    """
    deadline = trio.current_time() + within_s
    while True:
        try:
            return await _once(target, min(ATTEMPT_S, deadline - trio.current_time()))
        except Distrusted:
            raise
        except ProbeError:
            if trio.current_time() + RETRY_S >= deadline:
                raise
        await trio.sleep(RETRY_S)


async def _once(target: Endpoint | str, within_s: float) -> int:
    """One connection, one round trip."""
    probe = await Probe.connect(target, within_s)
    try:
        return await probe.round_trip(within_s)
    finally:
        await probe.aclose()


async def _dial(target: Endpoint) -> trio.abc.Stream:
    """Open the TCP connection, where the link listens if there is one; and TLS, with the target's own name."""
    parts = urlsplit(target.ws)
    is_secure = parts.scheme == "wss"
    at = urlsplit(f"//{target.ws_at}") if target.ws_at else parts
    try:
        stream = await trio.open_tcp_stream(at.hostname or "", at.port or (443 if is_secure else 80))
    except OSError as error:
        raise ProbeCut(f"the connection was refused ({error})") from error
    if not is_secure:
        return stream
    return await _secured(stream, parts.hostname or "", target.ca)


async def _secured(stream: trio.SocketStream, name: str, ca: str) -> trio.abc.Stream:
    """TLS over an open connection."""
    secured = trio.SSLStream(stream, ssl.create_default_context(cafile=ca or None), server_hostname=name)
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


@contextmanager
def _bounded(within_s: float, what: str) -> Iterator[None]:
    """Turn running out of time inside the block into `ProbeSilent`."""
    try:
        with trio.fail_after(max(0.0, within_s)):
            yield
    except trio.TooSlowError:
        raise ProbeSilent(f"{what} within {within_s * 1000:.0f} ms") from None
