"""The echo server as a process: started, asked for its count."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psutil

from benchmarks.processes import server


class Echoing(NamedTuple):
    """An echo server that runs at `url`."""

    process: psutil.Popen
    url: str

    def acked(self) -> int:
        """How many sends it has acknowledged so far. Not while it is stopped: it would not answer."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def echoing() -> Iterator[Echoing]:
    """An echo server inside the block."""
    with server("benchmarks.generators.echo") as (process, url):
        yield Echoing(process, url)
