"""The load of one run: Locust, headless, as a process of its own with its workers and their planes."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from chatproof.backends.ports import LOOPBACK, free_ports
from chatproof.backends.process import ChildProcess
from chatproof.gate.errors import RunSpoiled

PLAN_VARIABLE = "CHATPROOF_PLAN"
"""The environment variable that tells the locustfile which plan to run."""

STOP_S = 5.0
"""How long Locust, its workers and their planes may take to end when a run is given up."""


def locust_command(plan: Path, *, users: int, workers: int) -> tuple[list[str], dict[str, str]]:
    """The command and the whole environment of a headless Locust with this many forked workers.

    Its master listens on a free port of the loopback interface: several runs may go on side by side.
    """
    locustfile = str(files("chatproof.loadtests") / "locustfile.py")
    port = str(free_ports(1)[0])
    argv = [sys.executable, "-m", "locust", "-f", locustfile, "--headless", "--only-summary"]
    argv += ["-u", str(users), "-r", str(users), "--processes", str(workers)]
    argv += ["--master-bind-host", LOOPBACK, "--master-bind-port", port, "--master-port", port]
    return argv, {**os.environ, PLAN_VARIABLE: str(plan)}


@asynccontextmanager
async def locust_running(argv: list[str], env: Mapping[str, str], log: Path) -> AsyncIterator[ChildProcess]:
    """Run Locust in a session of its own; whatever happens, none of its processes is left afterwards."""
    child = ChildProcess.spawn(argv, env, log)
    try:
        yield child
    finally:
        await child.stop(STOP_S)


async def wait_finished(child: ChildProcess) -> None:
    """Wait until Locust is over; raises `RunSpoiled` where it failed."""
    if code := await child.wait():
        raise RunSpoiled(f"Locust ended with exit code {code}: {child.last_words()}")
