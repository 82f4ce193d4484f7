"""The planes of one run as Locust's master, or its only process, has them: started, heard of, counted when over.

Messages: master → worker `chatproof_run` with the plan; worker → master `chatproof_over` with the plane's exit code.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import gevent
from gevent.event import Event
from locust.runners import STATE_MISSING, LocalRunner, MasterRunner

from chatproof.loadtests.locust_bridge import PlaneProcess
from chatproof.loadtests.locust_recordings import take_part

RUN, OVER, PART = "chatproof_run", "chatproof_over", "chatproof_part"
_LOOK_S = 0.2


class Planes(Protocol):
    """The planes of one run, `count` of them, by number from 0."""

    count: int

    def start(self, plan: str) -> None:
        """Start them all with the plan in this file."""
        ...

    def wait_over(self, within_s: float | None) -> dict[int, int]:
        """Wait until every plane that still has a worker is over; exit codes of those that are."""
        ...


class LocalPlanes:
    """The one plane of a Locust without workers."""

    def __init__(self, runner: LocalRunner) -> None:
        self._runner = runner
        self._over: dict[int, int] = {}
        self._ended = Event()
        self.count = 1

    def start(self, plan: str) -> None:
        """Start it."""
        PlaneProcess(plan, 0, self._runner.stats, self._end)

    def wait_over(self, within_s: float | None) -> dict[int, int]:
        """Wait for its end."""
        self._ended.wait(within_s)
        return self._over

    def _end(self, code: int) -> None:
        self._over[0] = code
        self._ended.set()


class WorkerPlanes:
    """One plane at each worker that is there when the run begins, numbered in the order in which they came."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        clients = (*runner.clients.ready, *runner.clients.spawning, *runner.clients.running)
        self._clients = sorted((client.id for client in clients), key=runner.get_worker_index)
        self._over: dict[int, int] = {}
        self._run_dir = Path()
        self.count = len(self._clients)
        self._listen(OVER, self._end)
        self._listen(PART, lambda **part: take_part(self._run_dir / "segments", **part))

    def start(self, plan: str) -> None:
        """Send each worker its number and the plan; one that cannot be read here is for the planes to complain of."""
        self._run_dir = Path(plan).parent
        text = None
        with contextlib.suppress(OSError):
            text = Path(plan).read_bytes()
        for worker, client in enumerate(self._clients):
            self._runner.send_message(RUN, {"worker": worker, "path": plan, "plan": text}, client_id=client)

    def wait_over(self, within_s: float | None) -> dict[int, int]:
        """A worker that is gone has no plane any more: whoever started the plane took it along."""
        with gevent.Timeout(within_s, False):
            while any(worker not in self._over and self._is_there(worker) for worker in range(self.count)):
                gevent.sleep(_LOOK_S)
        return self._over

    def _listen(self, message: str, take: Callable[..., None]) -> None:
        """Take what workers say from now on, in place of the planes of the run before: Locust allows one listener."""
        self._runner.custom_messages.pop(message, None)
        self._runner.register_message(message, lambda msg, **_: take(**msg.data))

    def _is_there(self, worker: int) -> bool:
        client = self._runner.clients.get(self._clients[worker])
        return client is not None and client.state != STATE_MISSING

    def _end(self, worker: int, code: int) -> None:
        self._over[worker] = code


def planes_of(runner: Any) -> LocalPlanes | WorkerPlanes:
    """The planes of the run that begins now."""
    return WorkerPlanes(runner) if isinstance(runner, MasterRunner) else LocalPlanes(runner)
