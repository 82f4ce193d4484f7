"""What fault tests share: a real Toxiproxy, a real target process, links between."""

import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pytest_trio import trio_fixture

from chatproof.backends import ports, toxiproxy
from chatproof.chaos.cluster import Cluster, local_cluster
from chatproof.chaos.links import Links
from chatproof.chaos.toxiproxy_api import ToxiproxyApi
from chatproof.drivers.interface import Endpoint, StartCommand

TARGET = Path(__file__).with_name("echo_target.py")


@pytest.fixture
def strangers() -> str:
    """What the echo target does with who brings no credential; tests give another value."""
    return "welcome"


@pytest.fixture
def echo_command(strangers: str) -> Callable[[str], StartCommand]:
    """Makes the command of an echo target with this node name, on a free port."""

    def make(node: str) -> StartCommand:
        (port,) = ports.free_ports(1)
        endpoint = Endpoint(ws=f"ws://127.0.0.1:{port}/", http=f"http://127.0.0.1:{port}")
        argv = (sys.executable, str(TARGET), str(port), strangers)
        return StartCommand(node=node, argv=argv, env={}, ready_url=f"{endpoint.http}/ready", endpoint=endpoint)

    return make


@trio_fixture
async def cluster(echo_command: Callable[[str], StartCommand], tmp_path: Path) -> AsyncIterator[Cluster]:
    """One ready echo target, `node-a`."""
    origin_ns = time.monotonic_ns()
    commands = [echo_command("node-a")]
    async with local_cluster(commands, origin_ns=origin_ns, logs=tmp_path, ready_within_s=20) as running:
        yield running


@trio_fixture
async def api(tmp_path: Path) -> AsyncIterator[ToxiproxyApi]:
    """The API of a real, empty Toxiproxy."""
    async with toxiproxy.running(toxiproxy.obtain(), logs=tmp_path) as server:
        yield ToxiproxyApi(server.host, server.port)


@trio_fixture
async def links(api: ToxiproxyApi) -> Links:
    """Links over that Toxiproxy; none made yet."""
    return Links(api)


@trio_fixture
async def through(links: Links, cluster: Cluster) -> dict[str, Endpoint]:
    """Two links to the target, `link-0` and `link-1`."""
    target = cluster.command("node-a").endpoint
    return {name: await links.create(name, target) for name in ("link-0", "link-1")}
