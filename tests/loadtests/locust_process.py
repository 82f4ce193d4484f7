"""Locust processes for tests: master, workers, web UI, each with its output in a file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from chatproof.backends import ports

LOCUSTFILE = Path(str(files("chatproof.loadtests") / "locustfile.py"))
PATIENCE_S = 110


class Locusts:
    """Starts Locust in `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._started: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(
        self, *options: str, locustfile: Path = LOCUSTFILE, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """One process; its options are those of Locust."""
        log = self.directory / f"locust-{len(self._started)}.log"
        with log.open("wb") as output:
            started = subprocess.Popen(
                [sys.executable, "-m", "locust", "-f", str(locustfile), *options], cwd=self.directory, stdout=output,
                stderr=output, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})},
            )
        self._started.append((started, log))
        return started

    def end(self, ending: subprocess.Popen[bytes]) -> tuple[int, str]:
        """Wait for its end; exit code and output."""
        code = ending.wait(PATIENCE_S)
        return code, next(log for started, log in self._started if started is ending).read_text()

    def close(self) -> None:
        """Kill what is left."""
        for started, _ in self._started:
            if started.poll() is None:
                started.kill()
                started.wait()

    @property
    def run_dir(self) -> Path:
        """The one run directory."""
        (found,) = (self.directory / "runs").iterdir()
        return found


def network() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A headless master's and its workers' options, for one address that nobody else has."""
    (port,) = ports.free_ports(1)
    master = ("--headless", "--only-summary", "--master", "--master-bind-host", "127.0.0.1")
    worker = ("--worker", "--master-host", "127.0.0.1", "--master-port", str(port))
    return (*master, "--master-bind-port", str(port)), worker
