"""One connection of a device: requests that wait for their answers, and what the server says meanwhile.

Answers and pushes are handed on as they are read, in the order of the wire, so that what is recorded has that order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import trio

from chatproof.chaos.clients import wire
from chatproof.chaos.clients.errors import LinkLost
from chatproof.chaos.clients.socket import Socket
from chatproof.chaos.clients.wire import JsonObject, Reply, Said

Hearing = Callable[["Session", Said], None]
"""Hears every push; replies go to whoever asked."""


class _Call(NamedTuple):
    """A request without an answer so far: who hears the answer, and what is set once there is one or never will be."""

    heard: Callable[[Reply], None]
    done: trio.Event


class Session:
    """One connection from its handshake to its end. `number` names it in the history.

    Attributes:
        node: what the server called itself; empty before the hello.
        frames: text frames read so far.
        heard_at: trio's time when the last frame was read.
        end: why it is over; None while it is not.
        over: set with it.
    """

    def __init__(self, number: int, socket: Socket, hearing: Hearing) -> None:
        self.number = number
        self.node = ""
        self.frames = 0
        self.heard_at = trio.current_time()
        self.end: LinkLost | None = None
        self.over = trio.Event()
        self._socket = socket
        self._hearing = hearing
        self._asked = 0
        self._calls: dict[int, _Call] = {}

    async def ask(self, command: str, fields: JsonObject, heard: Callable[[Reply], None]) -> bool:
        """Send a request and wait for its answer, which `heard` gets first; False where none will come."""
        self._asked += 1
        number, call = self._asked, _Call(heard, trio.Event())
        self._calls[number] = call
        try:
            await self._socket.send(wire.request(number, command, fields))
        except LinkLost:
            return False
        if self.end is None:
            await call.done.wait()
        return number not in self._calls

    async def read(self) -> None:
        """Hand on what comes in until the connection is over; returns with `end` set."""
        try:
            while True:
                frame = await self._socket.receive()
                self.frames += 1
                self.heard_at = trio.current_time()
                for said in wire.lines_of(frame):
                    self._hand_on(said)
        except LinkLost as lost:
            self.finish(lost)

    async def leave(self, within_s: float) -> None:
        """Say goodbye; whoever reads sees the end. A server that does not answer in time is left without."""
        with trio.move_on_after(within_s):
            await self._socket.say_goodbye()
            await self.over.wait()
        await self._socket.abort()

    async def cut(self, why: LinkLost) -> None:
        """Drop the connection without ceremony."""
        self.finish(why)
        await self._socket.abort()

    def finish(self, why: LinkLost) -> None:
        """The connection is over, and nobody who asked gets an answer; the first reason stands."""
        self.end = self.end or why
        self.over.set()
        for call in self._calls.values():
            call.done.set()

    def _hand_on(self, said: Said) -> None:
        if not isinstance(said, Reply):
            self._hearing(self, said)
        elif call := self._calls.pop(said.id, None):
            call.heard(said)
            call.done.set()
