"""A clock that somebody else moves while the server runs, as NTP, an administrator or a live migration does.

Only the wall clock moves: a monotonic clock does not jump, whatever happens to the time of day.
"""

from __future__ import annotations

import mmap
from dataclasses import replace
from pathlib import Path

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.engines.embedded.clock import SystemClock
from chatproof.reference_server.engines.embedded.engine import EmbeddedEngine, open_engine
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.disk import Disk

FIELD_BYTES = 8
FILE_BYTES = 2 * FIELD_BYTES
"""Two signed little-endian integers of ns: the offset that is asked for, and the one that was last used."""


class MovedClock:
    """The machine's clock with the offset that a file asks for; the file is made where there is none.

    The file is mapped: a reading costs no call into the kernel, and what was used last outlives the process.
    """

    def __init__(self, clock: Clock, path: Path) -> None:
        self._clock = clock
        if not path.exists():
            path.write_bytes(bytes(FILE_BYTES))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), FILE_BYTES)

    def monotonic_ns(self) -> int:
        """See the port."""
        return self._clock.monotonic_ns()

    def wall_ns(self) -> int:
        """See the port; with the offset of this moment, which is written down as used."""
        asked = self._map[:FIELD_BYTES]
        self._map[FIELD_BYTES:] = asked
        return self._clock.wall_ns() + int.from_bytes(asked, "little", signed=True)


def with_moved_clock(parts: Parts, path: Path) -> Parts:
    """The same parts on an embedded engine whose clock follows this file."""

    async def engine(directory: Path, disk: Disk) -> EmbeddedEngine:
        return await open_engine(directory, disk, clock=MovedClock(SystemClock(), path))

    return replace(parts, engine=engine)
