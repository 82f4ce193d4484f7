"""Servers, clients and generators as processes of their own: started, measured from outside, ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

END_WITHIN_S = 20.0
"""A process that takes longer to end has hung."""


class StartFailed(Exception):
    """A process did not say that it is ready."""


@contextmanager
def child(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[psutil.Popen]:
    """`python -m ARGUMENTS` inside the block, with pipes as stdin and stdout; terminated at its end."""
    command = [sys.executable, "-m", *arguments]
    process = psutil.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **(env or {})}, text=True
    )
    try:
        yield process
    finally:
        if process.is_running():
            process.terminate()
        process.communicate(timeout=END_WITHIN_S)


@contextmanager
def server(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[tuple[psutil.Popen, str]]:
    """A child whose first line is `ready …`: the process, and what follows that word. Raises `StartFailed`."""
    with child(*arguments, env=env) as process:
        line = process.stdout.readline()
        if not line.startswith("ready "):
            raise StartFailed(f"{' '.join(arguments)} said {line!r} instead of ready")
        yield process, line.removeprefix("ready ").strip()


def output_of(*arguments: str) -> str:
    """What `python -m ARGUMENTS` prints. Raises `CalledProcessError` where it fails."""
    return subprocess.run([sys.executable, "-m", *arguments], stdout=subprocess.PIPE, check=True, text=True).stdout


def cpu_s(process: psutil.Process) -> float:
    """User and system time of a process and of its living children so far, in s."""
    family = (process, *process.children(recursive=True))
    return sum(each.user + each.system for each in (one.cpu_times() for one in family))


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory that is gone after the block."""
    with TemporaryDirectory(prefix="chatproof-bench-") as directory:
        yield Path(directory)
