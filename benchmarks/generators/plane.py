"""Our own generator under measurement: a plan against a target, and the coordinator that leads the plane into main."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import psutil
import trio

import benchmarks
from benchmarks.generators.echo_driver import EchoDriver, names_of
from benchmarks.processes import child
from chatproof.drivers.interface import Endpoint
from chatproof.drivers.registry import DriverSpec
from chatproof.loadtests.coordinator import Coordinator
from chatproof.loadtests.plan import Plan
from chatproof.loadtests.profiles import LoadProfile, SizeClass
from chatproof.loadtests.roster import link_name, make_roster

SEED = 1
ECHO = DriverSpec(f"{EchoDriver.__module__}:{EchoDriver.__name__}", str(Path(benchmarks.__file__).parent.parent))
LIVE_WITHIN_S = 200.0
_LEAD_NS = 200_000_000


def talk_to_themselves(users: int, sends_per_s: float, main_s: float) -> LoadProfile:
    """Everybody alone in a conversation: a send is one frame out and one in, and nothing else goes on."""
    return LoadProfile(
        name="bench", users=users, main_s=main_s, warm_up_s=0.0, second_device_share=0.0, lurker_share=1.0,
        sizes=(SizeClass("group", 1, users, sends_per_s),), presence_sets_per_s=0.0, presence_cycles_per_s=0.0,
        watched_per_device=0, refused_not_member_total=0, refused_other_body_total=0, refused_oversize_total=0,
        backward_receipts_total=0, retries_total=0, kicks_total=0, history_reads_per_s=0.0, links=1,
    )


def plan_of(profile: LoadProfile, url: str, directory: Path) -> Plan:
    """The plan of a run against the echo server. The run directory is `directory`."""
    roster = make_roster(profile, SEED)
    endpoint = Endpoint(url, "")
    links = {link_name(profile, user): endpoint for user in range(profile.links)}
    return Plan(
        run_id="bench", run_dir=str(directory), seed=SEED, profile=profile, driver=ECHO, roster=roster,
        provisioned=names_of(roster), direct=endpoint, links=links, workers=1, origin_ns=time.monotonic_ns(),
        wall_origin_ms=time.time_ns() // 1_000_000, control=str(directory / "control"),
    )  # fmt: skip


def path_of(plan: Plan) -> Path:
    """Where `led` writes the plan."""
    return Path(plan.run_dir) / "plan.json"


@asynccontextmanager
async def led(plan: Plan, *arguments: str, env: Mapping[str, str] | None = None) -> AsyncIterator[psutil.Popen]:
    """`python -m ARGUMENTS`, which runs the plane of a plan; all its devices are live, and main has begun.

    Raises `PlaneLost` where the plane fails, `trio.TooSlowError` where it does not become live.
    """
    path_of(plan).write_bytes(msgspec.json.encode(plan))
    coordinator = Coordinator(plan.control, plan.workers)
    async with trio.open_nursery() as nursery:
        await nursery.start(coordinator.serve)
        with child(*arguments, env=env) as process:
            with trio.fail_after(LIVE_WITHIN_S):
                await coordinator.wait_joined()
                await coordinator.wait_ready()
            await coordinator.start(time.monotonic_ns() - plan.origin_ns + _LEAD_NS)
            yield process
        nursery.cancel_scope.cancel()


def plane_of(plan: Plan) -> tuple[str, ...]:
    """The arguments of a plane without Locust around it."""
    return ("chatproof.loadtests.plane", str(path_of(plan)), "--worker", "0")
