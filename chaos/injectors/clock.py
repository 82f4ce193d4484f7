"""Moving a clock: a process reads the time of day with an offset, by a file that it looks into at each reading.

The file holds two signed little-endian integers of ns: the offset that is asked for, and the one last used. What a
server makes of such a step is seen in the times that it puts on events.
"""

from __future__ import annotations

from pathlib import Path

import trio

from chatproof.chaos.errors import ChaosError, EffectNotSeen
from chatproof.chaos.faults import ClockFaultSpec
from chatproof.chaos.injectors.injection import TargetKind
from chatproof.chaos.probe import wait_through
from chatproof.drivers.interface import StartCommand

FIELD_BYTES = 8
USED_S = 3.0
"""Longest time until a process has looked at its clock again; a chat server does several times a second."""

POLL_S = 0.01
READY_S = 30.0
NS = 1_000_000_000
MS = 1_000_000


class ClockInjection:
    """A step of one node's clock; undone by the step back."""

    target_kind: TargetKind = "clock"

    def __init__(self, command: StartCommand, spec: ClockFaultSpec) -> None:
        self.target = command.node
        self._url = command.endpoint.ws
        self._offset_ns = round(spec.offset_s * NS)
        if not command.clock_offset:
            raise ChaosError(f"the clock of {self.target} cannot be moved: it was started without a file for it")
        self._path = Path(command.clock_offset)

    async def prepare(self) -> None:
        """Nothing: the process writes down itself what it uses."""

    async def start(self) -> None:
        """Ask for the offset; what is in the file is asked for."""
        self._ask(self._offset_ns)

    async def effect(self) -> str:
        """The process has read the time with this offset."""
        await self._wait_used(self._offset_ns)
        return f"the process reads the time of day {self._offset_ns / NS:+g} s off"

    async def stop(self) -> None:
        """Ask for no offset, and wait until the process uses none."""
        self._ask(0)
        await self._wait_used(0)

    async def mended(self) -> str:
        """A round trip succeeds."""
        return f"round trip in {await wait_through(self._url, READY_S) / MS:.2f} ms"

    async def release(self) -> None:
        """Nothing is held."""

    def _ask(self, offset_ns: int) -> None:
        """Write the first field only: the second is the process's."""
        try:
            with self._path.open("r+b") as file:
                file.write(offset_ns.to_bytes(FIELD_BYTES, "little", signed=True))
        except OSError as error:
            raise ChaosError(f"the clock of {self.target} cannot be moved: {error.strerror}") from error

    async def _wait_used(self, offset_ns: int) -> None:
        """Wait until the process has used this offset."""
        with trio.move_on_after(USED_S):
            while self._used() != offset_ns:
                await trio.sleep(POLL_S)
            return
        raise EffectNotSeen(f"{self.target} has not read its clock within {USED_S:g} s")

    def _used(self) -> int:
        """The offset that the process used last."""
        return int.from_bytes(self._path.read_bytes()[FIELD_BYTES:], "little", signed=True)
