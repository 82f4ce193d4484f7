"""The stage of a run: Toxiproxy, the target behind its links, and everyone provisioned; torn down whatever happens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import NamedTuple

import trio
from msgspec.structs import replace

from chatproof.backends import ports, toxiproxy
from chatproof.backends.errors import BackendError
from chatproof.backends.toxiproxy import RunningToxiproxy
from chatproof.chaos.cluster import Cluster, local_cluster
from chatproof.chaos.errors import ChaosError, ProbeError
from chatproof.chaos.links import Links
from chatproof.chaos.probe import wait_through
from chatproof.chaos.toxiproxy_api import ToxiproxyApi
from chatproof.drivers.configuration import started
from chatproof.drivers.interface import Driver, DriverError, Endpoint, Provisioned, Roster, StartCommand
from chatproof.gate.errors import EnvironmentNotReady, sentence
from chatproof.gate.run_directory import RunDirectory
from chatproof.gate.settings import LOCAL, Settings
from chatproof.loadtests.roster import make_roster
from chatproof.scenarios.catalogue import NODE, link_names
from chatproof.scenarios.scenario import Scenario

REACH_S = 5.0
"""Longest time to the first round trip with a target that is said to serve."""


class Stage(NamedTuple):
    """What a run plays on.

    Attributes:
        direct: the target without any link between.
        through: link name → the target as seen through it.
        origin_ns: CLOCK_MONOTONIC at the run's origin; `wall_origin_ms` is Unix time at that moment.
    """

    driver: Driver
    cluster: Cluster
    links: Links
    direct: Endpoint
    through: dict[str, Endpoint]
    roster: Roster
    provisioned: Provisioned
    origin_ns: int
    wall_origin_ms: int
    toxiproxy: RunningToxiproxy


@asynccontextmanager
async def staged(
    settings: Settings, scenario: Scenario, driver: Driver, directory: RunDirectory, tell: Callable[[str], None]
) -> AsyncIterator[Stage]:
    """Set the stage; `tell` hears of what takes long. Raises `EnvironmentNotReady` for whatever cannot be set up."""
    async with AsyncExitStack() as stack:
        try:
            stage = await _set(stack, settings, scenario, driver, directory, tell)
        except (BackendError, ChaosError, DriverError) as error:
            raise EnvironmentNotReady(sentence(error)) from error
        yield stage


async def _set(
    stack: AsyncExitStack,
    settings: Settings,
    scenario: Scenario,
    driver: Driver,
    directory: RunDirectory,
    tell: Callable[[str], None],
) -> Stage:
    """Start what is needed, in order; the stack ends it in reverse."""
    origin_ns, wall_origin_ms = time.monotonic_ns(), time.time_ns() // 1_000_000
    binary = await trio.to_thread.run_sync(partial(toxiproxy.obtain, say=tell))
    running = await stack.enter_async_context(toxiproxy.running(binary, logs=directory.logs, seed=settings.seed))
    tell(f"Toxiproxy {running.version} ({binary.origin}); target {settings.target}")
    command = start_command(settings, scenario, driver, directory)
    cluster = await stack.enter_async_context(
        local_cluster(
            [command] if command else [],
            origin_ns=origin_ns,
            logs=directory.logs,
            ready_within_s=scenario.all_bounds()["ready_ns"] / 1e9,
        )
    )
    links = Links(ToxiproxyApi(running.host, running.port))
    direct = command.endpoint if command else settings.endpoint
    through = {name: await links.create(name, direct) for name in link_names(scenario.profile)}
    await _reach(direct)
    roster = make_roster(scenario.profile, settings.seed)
    provisioned = await driver.provision(direct, roster, command.secret if command else settings.own_secret)
    return Stage(
        driver, cluster, links, direct, through, roster, provisioned, origin_ns, wall_origin_ms, running
    )


def start_command(
    settings: Settings, scenario: Scenario, driver: Driver, directory: RunDirectory
) -> StartCommand | None:
    """How to start the target here; None where it is given by URL."""
    if not settings.is_local:
        return None
    ws_port, http_port = ports.free_ports(2)
    return started(
        settings if settings.target == LOCAL else replace(settings, start=None), driver, node=NODE,
        directory=str(directory.target_data), ws_port=ws_port, http_port=http_port, variant=settings.mutant,
        storage=scenario.storage,
    )  # fmt: skip


async def _reach(direct: Endpoint) -> None:
    """One round trip, before anybody is provisioned: what is wrong with the way there is told as that."""
    try:
        await wait_through(direct, REACH_S)
    except ProbeError as problem:
        raise EnvironmentNotReady(f"The target at {direct.ws} cannot be reached: {problem}.") from problem
