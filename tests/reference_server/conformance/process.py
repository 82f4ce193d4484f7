"""`chatproof serve` as a process of its own."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.reference_server.conformance.world import ADMIN_KEY, PATIENCE_S


class Served:
    """A running server: its process and where it answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.ready = process.stdout.readline().split()
        assert ["ready"] == self.ready[:1], self.ready
        _, self.node, self.incarnation, self.ws_url, self.http_url = self.ready


def start(directory: Path, *options: str) -> subprocess.Popen[str]:
    """Start `chatproof serve` on free ports."""
    command = [sys.executable, "-m", "chatproof.cli.main", "serve", "--data", str(directory), *PORTS, *options]
    env = {**os.environ, "CHATPROOF_ADMIN_KEY": ADMIN_KEY}
    return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


PORTS: Sequence[str] = ("--ws-port", "0", "--http-port", "0")


@contextlib.contextmanager
def served(directory: Path, *options: str) -> Iterator[Served]:
    """A server that is ready, and gone at the end whatever happens."""
    with start(directory, *options) as process:
        try:
            yield Served(process)
        finally:
            process.kill()
            process.communicate(timeout=PATIENCE_S)
