"""A run without a gate: target, provisioning, plan and coordinator, for a Locust that was started by hand.

`python -m chatproof.loadtests.standalone --workers N …` prints one line, `{"plan": PATH}`, once planes may join, leads
them through all phases, and exits with 0 if they did all their work. The end of its stdin ends it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import msgspec
import trio
from msgspec.structs import replace

from chatproof.backends import ports
from chatproof.chaos.cluster import local_cluster
from chatproof.chaos.errors import ChaosError
from chatproof.drivers.interface import Driver, DriverError, Endpoint
from chatproof.drivers.registry import DriverSpec, driver_of
from chatproof.loadtests.coordinator import Coordinator, lead
from chatproof.loadtests.errors import LoadError, leaves
from chatproof.loadtests.plan import Plan
from chatproof.loadtests.presets import default_profile
from chatproof.loadtests.profiles import LoadProfile
from chatproof.loadtests.roster import link_name, make_roster

_DRIVER = DriverSpec()
_SECRET_VARIABLE = "CHATPROOF_ADMIN_KEY"
_READY_WITHIN_S = 15.0


def main(argv: list[str] | None = None) -> int:
    """Make one run; says in one sentence why it failed."""
    options = _parser().parse_args(argv)
    problems: list[str] = []
    try:
        trio.run(_run, options)
    except* (LoadError, DriverError, ChaosError, ValueError) as group:
        problems += [str(problem) for problem in leaves(group)]
    for problem in problems:
        print(f"chatproof: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="chatproof.loadtests.standalone", description=__doc__)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--users", type=int, default=None)
    parser.add_argument("--main-s", type=float, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--ws", default="", help="WebSocket URL of a target that runs already")
    parser.add_argument("--http", default="", help="its HTTP base URL; by default the same host, port + 1")
    return parser


def profile_for(users: int | None, main_s: float | None) -> LoadProfile:
    """The default profile with other numbers, and without kills: nobody would start the target again."""
    profile = default_profile()
    return replace(
        profile, name="standalone", users=users or profile.users, main_s=main_s or profile.main_s, kill_bursts=()
    )


def http_beside(ws: str) -> str:
    """The HTTP base URL of a target whose WebSocket port is the one below, as `chatproof serve` has it by default."""
    parts = urlsplit(ws)
    scheme = "https" if parts.scheme == "wss" else "http"
    return f"{scheme}://{parts.hostname}:{(parts.port or 80) + 1}"


async def _run(options: argparse.Namespace) -> None:
    driver, profile = driver_of(_DRIVER), profile_for(options.users, options.main_s)
    run_id = f"{time.strftime('%Y%m%dT%H%M%S')}-standalone-{options.seed}"
    run_dir = options.out.resolve() / run_id
    run_dir.mkdir(parents=True)
    origin_ns, wall_origin_ms = time.monotonic_ns(), time.time_ns() // 1_000_000
    # The socket is not in the run directory: the path of a Unix socket has at most 107 bytes.
    with TemporaryDirectory(prefix="chatproof-") as sockets:
        async with _target(driver, options, run_dir, origin_ns) as (endpoint, secret):
            roster = make_roster(profile, options.seed)
            plan = Plan(
                run_id=run_id, run_dir=str(run_dir), seed=options.seed, profile=profile, driver=_DRIVER, roster=roster,
                provisioned=await driver.provision(endpoint, roster, secret), direct=endpoint,
                links={link_name(profile, user): endpoint for user in range(profile.links)}, workers=options.workers,
                origin_ns=origin_ns, wall_origin_ms=wall_origin_ms, control=f"{sockets}/control",
            )
            path = run_dir / "plan.json"
            path.write_bytes(msgspec.json.encode(plan))
            await _coordinate(plan, path)


async def _coordinate(plan: Plan, path: Path) -> None:
    coordinator = Coordinator(plan.control, plan.workers)
    async with trio.open_nursery() as nursery:
        await nursery.start(coordinator.serve)
        nursery.start_soon(_end_with_parent)
        print(json.dumps({"plan": str(path)}), flush=True)
        for note in await lead(coordinator, plan):
            print(note, file=sys.stderr)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def _target(
    driver: Driver, options: argparse.Namespace, run_dir: Path, origin_ns: int
) -> AsyncIterator[tuple[Endpoint, str]]:
    """The target and the secret to provision with: given, or started here and stopped afterwards."""
    if options.ws:
        yield Endpoint(options.ws, options.http or http_beside(options.ws)), os.environ.get(_SECRET_VARIABLE, "")
        return
    ws_port, http_port = ports.free_ports(2)
    command = driver.start_command(
        node="node-0", directory=str(run_dir / "target"), ws_port=ws_port, http_port=http_port, variant=""
    )
    async with local_cluster(
        [command], origin_ns=origin_ns, logs=run_dir / "logs", ready_within_s=_READY_WITHIN_S
    ) as cluster, trio.open_nursery() as nursery:
        nursery.start_soon(cluster.watch)
        yield command.endpoint, command.secret
        nursery.cancel_scope.cancel()


async def _end_with_parent() -> None:
    """Raise once stdin is at its end: whoever started this is gone."""
    while True:
        await trio.lowlevel.wait_readable(sys.stdin.fileno())
        if not os.read(sys.stdin.fileno(), 4096):
            raise LoadError("the process that started this run is gone")


if __name__ == "__main__":
    raise SystemExit(main())
