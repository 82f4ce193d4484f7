"""Resident memory per idle connection, of the server and of the generator, at 15,000 of them.

Every device has said hello and follows its own stream and one conversation of a hundred; nobody says a word. The
server's share is what it grew by since before the first of them; the generator's, which needs its plan in any case, is
the slope between two sizes. Kernel memory of sockets is nobody's resident memory.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import NamedTuple

import trio
from msgspec.structs import replace

from benchmarks.generators.plane import led, plan_of, plane_of
from benchmarks.processes import scratch
from benchmarks.results import Found, Required
from benchmarks.servers import LOOPBACK, Reference, reference
from chatproof.drivers.interface import Endpoint
from chatproof.drivers.registry import DriverSpec
from chatproof.loadtests.plan import Plan
from chatproof.loadtests.profiles import LoadProfile, SizeClass
from chatproof.loadtests.roster import link_name

CONNECTIONS = 15_000
FEW = 300
"""The smaller size: what a plane takes before connections count."""
GROUP = 100
LINKS = 6
"""Loopback addresses 127.0.0.1 to .6: no pair of addresses needs more than 2,500 ports."""
CONNECTS_PER_S = 250.0
SETTLE_S = 3.0
MAX_SERVER_KB = 25.0
MAX_GENERATOR_KB = 45.0


class Resident(NamedTuple):
    """Bytes resident with so many connections: of the server before the first and after the last, of the plane."""

    connections: int
    server_before: int
    server: int
    plane: int


def run() -> Found:
    """A few connections, then all of them."""
    _raise_descriptor_limit()
    return found(measure(FEW), measure(CONNECTIONS))


def measure(connections: int) -> Resident:
    """Connect so many devices to a new server and look."""
    with scratch() as directory, reference(directory / "data", "0.0.0.0") as server:
        plan = _plan(connections, server, directory)
        before = server.process.memory_info().rss
        at_all, of_plane = trio.run(_connected, plan, server)
        return Resident(connections, before, at_all, of_plane)


def found(few: Resident, all_of_them: Resident) -> Found:
    """Memory per connection, in units of 1,000 bytes."""
    server_kb = (all_of_them.server - all_of_them.server_before) / all_of_them.connections / 1e3
    plane_kb = (all_of_them.plane - few.plane) / (all_of_them.connections - few.connections) / 1e3
    required = [
        Required("server, resident per connection", server_kb, MAX_SERVER_KB, " KB", at_most=True),
        Required("generator, resident per connection", plane_kb, MAX_GENERATOR_KB, " KB", at_most=True),
    ]
    line = f"server {all_of_them.server / 1e6:.0f} MB, generator {all_of_them.plane / 1e6:.0f} MB resident in all"
    return Found(f"{all_of_them.connections:,} idle connections", [line], required)


def profile_of(connections: int) -> LoadProfile:
    """Everybody in one group, nobody does anything."""
    return LoadProfile(
        name="idle", users=connections, main_s=600.0, warm_up_s=0.0, second_device_share=0.0, lurker_share=0.0,
        sizes=(SizeClass("group", GROUP, connections // GROUP, 0.0),), presence_sets_per_s=0.0,
        presence_cycles_per_s=0.0, watched_per_device=0, refused_not_member_total=0, refused_other_body_total=0,
        refused_oversize_total=0, backward_receipts_total=0, retries_total=0, kicks_total=0, history_reads_per_s=0.0,
        links=LINKS,
    )


def _plan(connections: int, server: Reference, directory: Path) -> Plan:
    profile = profile_of(connections)
    plan = plan_of(profile, server.endpoint.ws, directory)
    urls = [server.endpoint.ws.replace(LOOPBACK, f"127.0.0.{number + 1}") for number in range(LINKS)]
    links = {link_name(profile, number): Endpoint(url, "") for number, url in enumerate(urls)}
    # Provisioning takes a while, and the run begins after it.
    made = server.provision(plan.roster)
    return replace(
        plan, driver=DriverSpec(), provisioned=made, links=links, origin_ns=time.monotonic_ns(),
        connects_per_s=CONNECTS_PER_S,
    )


async def _connected(plan: Plan, server: Reference) -> tuple[int, int]:
    async with led(plan, *plane_of(plan)) as plane:
        await trio.sleep(SETTLE_S)
        return server.process.memory_info().rss, plane.memory_info().rss


def _raise_descriptor_limit() -> None:
    """As far as this machine lets us, for the processes that are started from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
