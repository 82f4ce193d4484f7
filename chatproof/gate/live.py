"""The live judge of one run: a process of its own behind everything else, and what it has said so far."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import trio

from chatproof.backends.process import ChildProcess
from chatproof.checkers.live.rounds import LiveFinding, Round
from chatproof.gate.run_directory import RunDirectory

STOP_S = 2.0
"""How long the live judge may take to end; it has nothing to finish."""

LOOK_S = 0.5
"""How often its output is looked at."""

MAX_TOLD = 5
"""Violations that are told as they are found: the verdict tells the rest, in order."""


class LiveJudging:
    """What the live judge has found; `judged_ns` says up to when.

    Attributes:
        first: guarantee → the violation of it that was found first; a broken server has thousands a second.
        counts: guarantee → how many were found.
    """

    def __init__(self, child: ChildProcess) -> None:
        self._child = child
        self._read_bytes = 0
        self._broken = trio.Event()
        self.judged_ns = 0
        self.first: dict[str, LiveFinding] = {}
        self.counts: Counter[str] = Counter()

    async def watch(self, tell: Callable[[str], None]) -> None:
        """Follow its output until cancelled; `tell` hears of violations. That it fails is told and spoils nothing."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._follow, tell)
            if await self._child.wait():
                nursery.cancel_scope.cancel()
                tell(f"live judging ended: {self._child.last_words()}")

    async def wait_broken(self) -> None:
        """Wait until a guarantee is broken."""
        await self._broken.wait()

    async def _follow(self, tell: Callable[[str], None]) -> None:
        while True:
            for line in await trio.to_thread.run_sync(self._new_lines):
                self._take(line, tell)
            await trio.sleep(LOOK_S)

    def _new_lines(self) -> list[bytes]:
        """The whole lines that were written since the last call."""
        with self._child.log.open("rb") as file:
            file.seek(self._read_bytes)
            lines = file.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self._read_bytes += sum(map(len, whole))
        return whole

    def _take(self, line: bytes, tell: Callable[[str], None]) -> None:
        """Note one round; a line that is none is an error's, which `watch` tells when the process ends."""
        if not line.startswith(b"{"):
            return
        looked = msgspec.json.decode(line, type=Round)
        self.judged_ns = looked.judged_ns
        for finding in looked.findings:
            self._broken.set()
            self.counts[finding.guarantee] += 1
            self.first.setdefault(finding.guarantee, finding)
            if self.counts.total() <= MAX_TOLD:
                tell(f"broken: {finding.guarantee}: {finding.sentence}")


@asynccontextmanager
async def live_judging(directory: RunDirectory, tell: Callable[[str], None]) -> AsyncIterator[LiveJudging]:
    """Judge this run while it goes on. Enter it once every plane has joined: their segments are there then."""
    argv = [sys.executable, "-m", "chatproof.checkers.live", str(directory.path)]
    child = ChildProcess.spawn(argv, os.environ, directory.logs / "live.log")
    live = LiveJudging(child)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(live.watch, tell)
            yield live
            nursery.cancel_scope.cancel()
    finally:
        await child.stop(STOP_S)
