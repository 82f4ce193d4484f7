"""A Locust worker's part in a run: it runs one plane with the plan that the master sends, here or far away."""

from __future__ import annotations

import logging
import shutil
import tempfile
from pathlib import Path

import gevent
import msgspec
from locust.env import Environment
from locust.runners import WorkerRunner

from chatproof.loadtests.address import with_host
from chatproof.loadtests.locust_bridge import PlaneProcess
from chatproof.loadtests.locust_planes import OVER, PART, RUN
from chatproof.loadtests.locust_recordings import parts
from chatproof.loadtests.plan import Plan

_log = logging.getLogger(__name__)


class Worker:
    """Starts a plane for each run. With `own` its recording is kept in that directory and sent when it is over.

    Without, it goes straight into the run directory if this machine has it, and else into a temporary one.
    """

    def __init__(self, environment: Environment, runner: WorkerRunner, own: str) -> None:
        self._environment = environment
        self._runner = runner
        self._own = own
        runner.register_message(RUN, lambda msg, **_: self._begin(**msg.data))

    def _begin(self, worker: int, path: str, plan: bytes | None) -> None:
        """Start the plane where it can work."""
        if plan is None or (not self._own and _has(Path(path), plan)):
            PlaneProcess(path, worker, self._runner.stats, lambda code: self._over(worker, code))
            return
        directory = Path(tempfile.mkdtemp(prefix="chatproof-", dir=self._own or None))
        segments = directory / "segments"
        segments.mkdir()
        (directory / "plan.json").write_bytes(plan)
        control = with_host(msgspec.json.decode(plan, type=Plan).control, self._runner.master_host)
        _log.info("this worker records in %s", segments)
        PlaneProcess(
            str(directory / "plan.json"), worker, self._runner.stats,
            lambda code: self._send_and_end(worker, code, segments),
            ("--segments", str(segments), "--control", control),
        )  # fmt: skip

    def _send_and_end(self, worker: int, code: int, segments: Path) -> None:
        """Send the recording, a part at a time, so that heartbeats go on between them."""
        for part in parts(segments):
            self._runner.send_message(PART, part)
            gevent.sleep(0)
        if not self._own:
            shutil.rmtree(segments.parent)
        self._over(worker, code)

    def _over(self, worker: int, code: int) -> None:
        self._environment.process_exit_code = code
        self._runner.send_message(OVER, {"worker": worker, "code": code})


def _has(path: Path, plan: bytes) -> bool:
    """Whether this very run directory is here."""
    return path.is_file() and path.read_bytes() == plan
