"""The leader's side of the conversation with Locust: words in on one descriptor, announcements out on another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import msgspec
import trio

from chatproof.gate.conductor import Record
from chatproof.gate.errors import RunSpoiled
from chatproof.loadtests.announcements import GATHERED, STOP, Announcement, Closed, Going, Prepared, Written

GATHER_S = 120.0
"""How long the recordings of other machines may take to come in once the run is over."""

_READ_BYTES = 4096
_encoder = msgspec.json.Encoder()


class Announcer:
    """Says how the run goes; `hear` must run meanwhile."""

    def __init__(self, heard: int, said: int) -> None:
        self._heard = heard
        self._said = said
        self._stop = trio.Event()
        self._gathered = trio.Event()
        self._rest = b""

    async def hear(self) -> None:
        """Listen until cancelled. Raises `RunSpoiled` when Locust is gone."""
        while await self._hear_some():
            pass
        raise RunSpoiled("Locust ended before the run was over")

    async def wait_stop(self) -> None:
        """Wait until Locust wants the run to end."""
        await self._stop.wait()

    async def wait_gathered(self) -> None:
        """Wait until no plane writes any more, for at most `GATHER_S`, or until Locust is gone."""
        with trio.move_on_after(GATHER_S):
            while not self._gathered.is_set() and await self._hear_some():
                pass

    def prepared(
        self, run_dir: str, plan: str, guarantees: Sequence[str], slos: tuple[dict[str, Any], ...]
    ) -> None:
        """Planes may join."""
        self._say(Prepared(run_dir, plan, tuple(guarantees), slos))

    def going(self, going: Going) -> None:
        """Where the run is."""
        self._say(going)

    def closed(self, problems: Sequence[str]) -> None:
        """The run is over or given up."""
        self._say(Closed(tuple(problems)))

    def written(self, run_dir: str, record: Record, problems: Sequence[str]) -> None:
        """The run directory is complete."""
        self._say(Written(run_dir, record.schedule_sha256, tuple(problems), tuple(record.notes)))

    def _say(self, announcement: Announcement) -> None:
        """One line. That nobody reads it any more is noticed by `hear`."""
        try:
            os.write(self._said, _encoder.encode(announcement) + b"\n")
        except BrokenPipeError:
            self._stop.set()

    async def _hear_some(self) -> bool:
        """Take what comes next; False at the end."""
        await trio.lowlevel.wait_readable(self._heard)
        data = os.read(self._heard, _READ_BYTES)
        *words, self._rest = (self._rest + data).split(b"\n")
        for word in words:
            {STOP: self._stop, GATHERED: self._gathered}[word.decode()].set()
        return bool(data)
