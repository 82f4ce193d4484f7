"""The reference server as a process, for whoever measures against it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import anyio
import psutil

from benchmarks.processes import server
from chatproof.drivers.interface import Endpoint, Provisioned, Roster
from chatproof.drivers.reference import ReferenceDriver

_ADMIN_KEY = "of a server that lives for seconds"
LOOPBACK = "127.0.0.1"


class Reference(NamedTuple):
    """A reference server that runs."""

    process: psutil.Popen
    endpoint: Endpoint

    def provision(self, roster: Roster) -> Provisioned:
        """Make everybody of a roster, and their conversations. Raises `DriverError`."""
        return anyio.run(partial(ReferenceDriver().provision, self.endpoint, roster, _ADMIN_KEY))


@contextmanager
def reference(directory: Path, host: str = LOOPBACK) -> Iterator[Reference]:
    """`chatproof serve` on free ports, with its data in `directory`."""
    where = ("--host", host, "--ws-port", "0", "--http-port", "0", "--data", str(directory))
    with server("chatproof.cli.main", "serve", *where, env={"CHATPROOF_ADMIN_KEY": _ADMIN_KEY}) as (process, line):
        _, _, ws, http = line.split()
        yield Reference(process, Endpoint(ws.replace(host, LOOPBACK), http.replace(host, LOOPBACK)))
