"""The target of a conformance run: started as its configuration says, or found at its URL."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from chatproof.backends import ports
from chatproof.chaos.cluster import local_cluster
from chatproof.conformance.device import Door
from chatproof.drivers.configuration import TargetConfiguration, started
from chatproof.drivers.interface import Driver, Endpoint
from chatproof.drivers.trust import trusting

NODE = "target"
READY_S = 30.0
"""How long a target may take to start; nobody waits for a load here, so it may be slow."""


class Target(NamedTuple):
    """Where it is, what `provision` authenticates with, and how it came to be there, in a phrase."""

    door: Door
    secret: str
    told: str


@asynccontextmanager
async def served(
    configuration: TargetConfiguration, url: str, driver: Driver, directory: Path
) -> AsyncIterator[Target]:
    """The target while the block runs; `url` is the HTTP base URL of one that runs already, or empty.

    Raises `DriverError` or `ChaosError` for one that cannot be started, `OSError` for a `ca` that cannot be read.
    """
    if url:
        there = Endpoint(configuration.ws, url.rstrip("/"), ca=configuration.ca_file)
        yield Target(Door(there, trusting(there)), configuration.own_secret, f"at {url}")
        return
    ws_port, http_port = ports.free_ports(2)
    command = started(
        configuration, driver, node=NODE, directory=str(directory / "data"), ws_port=ws_port, http_port=http_port
    )
    async with local_cluster(
        [command], origin_ns=time.monotonic_ns(), logs=directory / "logs", ready_within_s=READY_S
    ):
        door = Door(command.endpoint, trusting(command.endpoint))
        yield Target(door, command.secret, f"started, ready at {command.ready_url}")
