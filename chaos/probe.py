"""A probe: it measures round trips to a target from outside, to see whether a fault acts and is gone.

It pings at the level of RFC 6455, which every WebSocket server answers; it neither logs in nor sends a message. Where
the target lets nobody in without a credential, a round trip is a new connection that is turned away.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import trio

from chatproof.chaos.connection import Connection
from chatproof.chaos.errors import Distrusted, ProbeCut, ProbeError, ProbeSilent, TurnedAway
from chatproof.drivers.interface import Endpoint

RETRY_S = 0.05
"""Pause between attempts to reach a target that refuses: short beside the second that a restart takes."""

ATTEMPT_S = 1.0
"""Longest time for one attempt: a connection that was made just before a link was mended may never be answered."""


class Probe:
    """A target that answered once. It holds a connection open, except where the target turned it away.

    Methods raise `ProbeSilent`, `ProbeCut`, or `TurnedAway` where the target closes the connection by itself; after the
    latter two it is of no more use.
    """

    def __init__(self, target: Endpoint, connection: Connection | None) -> None:
        self._target = target
        self._connection = connection

    @classmethod
    async def connect(cls, target: Endpoint | str, within_s: float) -> Probe:
        """Make a first round trip to the WebSocket of a target, or to a URL.

        Raises `HandshakeRefused` for a target that speaks no WebSocket there, `Distrusted` for a certificate.
        """
        target = Endpoint(ws=target, http="") if isinstance(target, str) else target
        with _bounded(within_s, "no connection"):
            try:
                return cls(target, await _pinged(target))
            except TurnedAway:
                return cls(target, None)

    async def round_trip(self, within_s: float) -> int:
        """Ping, wait for the answer to this very ping; returns ns."""
        start_ns = time.monotonic_ns()
        with _bounded(within_s, "no answer"):
            if self._connection is None:
                await _knock(self._target)
            else:
                await self._connection.ping()
        return time.monotonic_ns() - start_ns

    async def wait_cut(self, within_s: float) -> str:
        """Wait until the connection, or else one of new ones, is cut; returns how, in words."""
        with _bounded(within_s, "the connection was not cut"):
            try:
                if self._connection is not None:
                    await self._connection.drain()
                while True:  # there is none to hold
                    await _knock(self._target)
                    await trio.sleep(RETRY_S)
            except ProbeCut as cut:
                return str(cut)

    async def aclose(self) -> None:
        """Drop the connection without ceremony."""
        if self._connection is not None:
            await self._connection.aclose()


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


async def _pinged(target: Endpoint) -> Connection:
    """A connection over which one ping was answered: some targets let everybody in, and then close."""
    connection = await Connection.open(target)
    async with AsyncExitStack() as unless_it_works:
        unless_it_works.push_async_callback(connection.aclose)
        await connection.ping()
        unless_it_works.pop_all()
    return connection


async def _knock(target: Endpoint) -> None:
    """One answer of a target that turned the probe away; that it now lets it in is one as well."""
    try:
        connection = await _pinged(target)
    except TurnedAway:
        return
    await connection.aclose()


@contextmanager
def _bounded(within_s: float, what: str) -> Iterator[None]:
    """Turn running out of time inside the block into `ProbeSilent`."""
    try:
        with trio.fail_after(max(0.0, within_s)):
            yield
    except trio.TooSlowError:
        raise ProbeSilent(f"{what} within {within_s * 1000:.0f} ms") from None
