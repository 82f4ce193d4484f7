"""The local processes of a target: started, waited for, killed, paused, started again, and never left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import httpx
import trio

from chatproof.backends import ports
from chatproof.backends.process import ChildProcess
from chatproof.chaos.errors import NeverReady, PortTaken, TargetDied, TargetError
from chatproof.drivers.interface import StartCommand

READY_POLL_S = 0.05
READY_CALL_S = 1.0
"""Longest time for one look at the ready URL: a paused or dying process accepts and does not answer."""

DRAIN_S = 10.0
"""How long a process may take to end on SIGTERM: the reference server gives its clients 5 s to leave."""

SIGNAL_S = 2.0
"""Longest time until the kernel shows a signal's effect; microseconds, except on a machine that swaps."""

SIGNAL_POLL_S = 0.001

ProcessEvent = Literal["spawn", "ready", "killed", "exit", "paused", "continued"]


class ProcessRow(NamedTuple):
    """A row of the history's table `processes`, columns in its order. `incarnation` is the server's own: None here."""

    node: str
    pid: int
    incarnation: int | None
    event: ProcessEvent
    t_ns: int
    code: int | None


class _Incarnation:
    """One process, from its start to its end.

    Attributes:
        asked: somebody killed or stopped it, so its end is no news.
        replaced: set when the next incarnation has been started.
    """

    def __init__(self, child: ChildProcess) -> None:
        self.child = child
        self.asked = False
        self.replaced = trio.Event()


class _Node:
    """A node over its incarnations."""

    def __init__(self, command: StartCommand, child: ChildProcess) -> None:
        self.command = command
        self.now = _Incarnation(child)

    @property
    def child(self) -> ChildProcess:
        """The process of the latest incarnation."""
        return self.now.child


class Cluster:
    """Processes by node name. Use `local_cluster`; all methods run in the main thread, under trio.

    Attributes:
        rows: what happened, in order of time: the history's table `processes`.
    """

    def __init__(self, origin_ns: int, logs: Path, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._origin_ns = origin_ns
        self._logs = logs
        self._now_ns = now_ns
        self._nodes: dict[str, _Node] = {}
        self.rows: list[ProcessRow] = []

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of all nodes, in the order of their start."""
        return tuple(self._nodes)

    def command(self, node: str) -> StartCommand:
        """The command of a node; raises `TargetError` for an unknown one."""
        return self._node(node).command

    def start(self, command: StartCommand) -> None:
        """Start a node for the first time.

        Raises:
            PortTaken: something else listens on a port of its endpoint.
        """
        for url in (command.endpoint.ws, command.endpoint.http):
            if (port := urlsplit(url).port) and not ports.is_free(port):
                raise PortTaken(f"port {port} is taken: {command.node} cannot serve {url} there")
        self._nodes[command.node] = _Node(command, self._spawn(command))

    def restart(self, node: str) -> None:
        """Start a node that ended again with the same command; does nothing while it runs."""
        one = self._node(node)
        if one.child.returncode is None:
            return
        before, one.now = one.now, _Incarnation(self._spawn(one.command))
        before.replaced.set()

    async def wait_ready(self, node: str, within_s: float) -> None:
        """Wait until the ready URL of a node answers 200.

        Raises:
            NeverReady: it did not in time, or the process ended first.
        """
        one = self._node(node)
        child = one.child
        with trio.move_on_after(within_s):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_end_of, child, nursery.cancel_scope)
                await _answers(one.command.ready_url)
                nursery.cancel_scope.cancel()
                self._tell(one, "ready")
                return
        ended = child.returncode is not None
        how = f"ended with code {child.returncode} before it" if ended else f"has not, within {within_s:g} s,"
        raise NeverReady(f"{node} {how} served {one.command.ready_url}: {child.last_words()}")

    def kill_nowait(self, node: str) -> int:
        """kill -9 a node and its children, at once; returns when (ns since origin). Follow with `wait_killed`.

        Raises:
            TargetError: it ended before, so this kill would prove nothing.
        """
        one = self._node(node)
        if one.child.returncode is not None:
            raise TargetError(f"{node} had ended, with code {one.child.returncode}, before it was to be killed")
        one.now.asked = True
        one.child.signal(signal.SIGKILL)
        return self._elapsed_ns()

    async def wait_killed(self, node: str) -> int:
        """Wait until the kernel has ended a killed node; returns when that was seen (ns since origin)."""
        one = self._node(node)
        with trio.move_on_after(SIGNAL_S):
            await one.child.wait()
            return self._tell(one, "killed", one.child.returncode)
        raise TargetError(f"{node} still exists {SIGNAL_S:g} s after kill -9")

    async def pause(self, node: str) -> int:
        """SIGSTOP a node and its children; returns when the kernel shows it stopped (ns since origin)."""
        one = self._node(node)
        one.child.signal(signal.SIGSTOP)
        await self._wait_paused(one, True)
        return self._tell(one, "paused")

    async def resume(self, node: str) -> int:
        """SIGCONT a node; returns when the kernel shows it running, or gone (ns since origin). Not paused: no error."""
        one = self._node(node)
        was_paused = one.child.is_paused()
        one.child.signal(signal.SIGCONT)
        await self._wait_paused(one, False)
        return self._tell(one, "continued") if was_paused else self._elapsed_ns()

    def paused(self) -> list[str]:
        """The nodes that the kernel has stopped now."""
        return [name for name, one in self._nodes.items() if one.child.is_paused()]

    def ended(self) -> list[str]:
        """The nodes that do not run now."""
        return [name for name, one in self._nodes.items() if one.child.returncode is not None]

    async def watch(self) -> None:
        """Run until cancelled, or until a node ends that nobody killed or stopped.

        Raises:
            TargetDied: with the node's exit code and last words.
        """
        deaths: list[TargetDied] = []

        async def watch_one(one: _Node) -> None:
            deaths.append(await self._death_of(one))
            nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            for one in self._nodes.values():
                nursery.start_soon(watch_one, one)
        if deaths:
            raise deaths[0]

    async def _death_of(self, one: _Node) -> TargetDied:
        """Wait, over all incarnations of a node, for an end that nobody asked for."""
        while True:
            watched = one.now
            code = await watched.child.wait()
            if not watched.asked:
                self._tell(one, "exit", code)
                return TargetDied(f"{one.command.node} ended by itself with code {code}: {watched.child.last_words()}")
            await watched.replaced.wait()

    async def stop(self, drain_s: float = DRAIN_S) -> None:
        """End every node: SIGTERM, `drain_s` seconds to drain, SIGKILL. Cannot be cancelled."""
        running = [one for one in self._nodes.values() if one.child.returncode is None]
        with trio.CancelScope(shield=True):
            async with trio.open_nursery() as nursery:
                for one in running:
                    one.now.asked = True
                    nursery.start_soon(one.child.stop, drain_s)
        for one in running:
            self._tell(one, "exit", one.child.returncode)

    def _spawn(self, command: StartCommand) -> ChildProcess:
        """Start a process and note it."""
        log = self._logs / f"{command.node}.log"
        child = ChildProcess.spawn(command.argv, {**os.environ, **command.env}, log, cwd=command.cwd)
        self.rows.append(ProcessRow(command.node, child.pid, None, "spawn", self._elapsed_ns(), None))
        return child

    async def _wait_paused(self, one: _Node, paused: bool) -> None:
        """Wait until the kernel shows a process stopped, or not stopped."""
        with trio.move_on_after(SIGNAL_S):
            while one.child.is_paused() is not paused:
                await trio.sleep(SIGNAL_POLL_S)
            return
        state = "not" if paused else "still"
        raise TargetError(f"{one.command.node} is {state} paused {SIGNAL_S:g} s after the signal")

    def _node(self, name: str) -> _Node:
        """The node of this name."""
        if name not in self._nodes:
            raise TargetError(f"there is no process {name}")
        return self._nodes[name]

    def _tell(self, one: _Node, event: ProcessEvent, code: int | None = None) -> int:
        """Add a row for an event of a node that happened now; returns when."""
        t_ns = self._elapsed_ns()
        self.rows.append(ProcessRow(one.command.node, one.child.pid, None, event, t_ns, code))
        return t_ns

    def _elapsed_ns(self) -> int:
        """Now, since the run's origin."""
        return self._now_ns() - self._origin_ns


@asynccontextmanager
async def local_cluster(
    commands: Sequence[StartCommand], *, origin_ns: int, logs: Path, ready_within_s: float
) -> AsyncIterator[Cluster]:
    """The nodes of `commands`, ready; stopped when the block ends, whatever ends it.

    Raises:
        PortTaken, NeverReady: a node could not be started; those before it are stopped again.
    """
    cluster = Cluster(origin_ns, logs)
    try:
        for command in commands:
            cluster.start(command)
        for command in commands:
            await cluster.wait_ready(command.node, ready_within_s)
        yield cluster
    finally:
        await cluster.stop()


async def _end_of(child: ChildProcess, scope: trio.CancelScope) -> None:
    """Cancel `scope` when a process has ended."""
    await child.wait()
    scope.cancel()


async def _answers(url: str) -> None:
    """Return once a GET of `url` is answered with 200."""
    async with httpx.AsyncClient(timeout=READY_CALL_S, trust_env=False) as client:
        while True:
            with suppress(httpx.TransportError):  # Not listening yet; the bound is the caller's.
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            await trio.sleep(READY_POLL_S)
