"""The load of one run: Locust, headless, as a process of its own with its workers and their planes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

import psutil
import trio

from chatproof.gate.errors import RunSpoiled
from chatproof.gate.run_directory import RunDirectory

PLAN_VARIABLE = "CHATPROOF_PLAN"
"""The environment variable that tells the locustfile which plan to run."""


def locust_command(plan: Path, *, users: int, workers: int, run_s: float) -> tuple[list[str], dict[str, str]]:
    """The command and extra environment of a headless Locust with this many forked workers."""
    locustfile = str(files("chatproof.loadtests") / "locustfile.py")
    argv = [
        sys.executable,
        "-m",
        "locust",
        "-f",
        locustfile,
        "--headless",
        "--only-summary",
        "--exit-code-on-error",
        "0",
    ]
    argv += [
        "-u",
        str(users),
        "-r",
        str(users),
        "-t",
        f"{run_s:.0f}s",
        "--processes",
        str(workers),
        "--stop-timeout",
        "60",
    ]
    return argv, {PLAN_VARIABLE: str(plan)}


@asynccontextmanager
async def locust_running(directory: RunDirectory, argv: list[str], env: dict[str, str]) -> AsyncIterator[trio.Process]:
    """Run Locust in a session of its own; whatever happens, none of its processes is left afterwards."""
    with (directory.logs / "locust.log").open("wb") as log:
        process = await trio.lowlevel.open_process(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **env},
        )
        try:
            yield process
        finally:
            with trio.CancelScope(shield=True):
                await _end(process)


async def wait_finished(process: trio.Process, log: Path) -> None:
    """Wait until Locust is over; raises `RunSpoiled` where it failed."""
    if code := await process.wait():
        raise RunSpoiled(f"Locust ended with exit code {code}; its log is {log}.")


async def _end(process: trio.Process) -> None:
    """Ask the whole tree to end, then end it."""
    tree = _tree(process.pid)
    _signal(tree, signal.SIGTERM)
    _, alive = await trio.to_thread.run_sync(lambda: psutil.wait_procs(tree, timeout=3))
    _signal(alive, signal.SIGKILL)
    with trio.move_on_after(5):
        await process.wait()


def _tree(pid: int) -> list[psutil.Process]:
    """A process and all below it; empty once it is gone."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    """Signal each process that is still there."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
