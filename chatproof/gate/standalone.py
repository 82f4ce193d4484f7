"""A run without a gate, led for a Locust that was started by hand: no faults, but everything that a judge needs.

`python -m chatproof.gate.standalone …` starts the target (unless chatproof.toml or --ws names one), provisions, leads
the planes through all phases, has the run judged meanwhile, and writes the run directory. It speaks with Locust in the
words of `loadtests.announcements`. Exit codes are the gate's; 21: the run is invalid, and what was recorded is kept.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec
import trio

from chatproof.backends import ports
from chatproof.chaos.cluster import Cluster, local_cluster
from chatproof.chaos.errors import ChaosError
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.merge import merge
from chatproof.checkers.history.run_document import Segment
from chatproof.drivers.interface import Driver, DriverError, Endpoint
from chatproof.gate.announcer import Announcer
from chatproof.gate.conductor import Record
from chatproof.gate.documents import Origin, write_gate_tables, write_live_inputs, write_run_document
from chatproof.gate.errors import EnvironmentNotReady, RunError, RunSpoiled, UsageProblem, sentence
from chatproof.gate.leader import Leader
from chatproof.gate.matching import driver_for, matched
from chatproof.gate.run_directory import RunDirectory, new_run_directory
from chatproof.gate.settings import Settings, load_settings, slos_of
from chatproof.gate.stage import start_command
from chatproof.loadtests.address import tcp_address
from chatproof.loadtests.clock import machine
from chatproof.loadtests.errors import LoadError, leaves
from chatproof.loadtests.own_stdout import take_stdout
from chatproof.loadtests.personas import Persona
from chatproof.loadtests.plan import Plan
from chatproof.loadtests.presets import by_hand_profile
from chatproof.loadtests.roster import link_name, make_roster
from chatproof.scenarios.catalogue import NODE, by_hand
from chatproof.scenarios.scenario import Scenario

START_S = 60.0
"""How long a target may take to start. Nobody kills it here, so this is patience and no bound that is judged."""

_HTTP_OF = {"ws": ("http", 80), "wss": ("https", 443)}
"""Scheme of a WebSocket URL → that of HTTP beside it, and the usual port of both."""


def main(argv: Sequence[str] | None = None) -> int:
    """Make one run; says in one sentence why it failed."""
    options, announcer = _parser().parse_args(argv), Announcer(sys.stdin.fileno(), take_stdout())
    try:
        return trio.run(_run, options, announcer)
    except* (RunError, DriverError, ChaosError) as group:
        problems = list(leaves(group))
    for problem in problems:
        print(f"chatproof: {sentence(problem)}", file=sys.stderr)
    announcer.closed([sentence(problem) for problem in problems])
    return max(getattr(problem, "exit_code", EnvironmentNotReady.exit_code) for problem in problems)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="chatproof.gate.standalone", description=__doc__)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--users", type=int, default=None)
    parser.add_argument("--connects-per-s", type=float, default=0.0, help="users per second; 0: all at once")
    parser.add_argument("--main-s", type=float, default=None)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--out", default=None)
    parser.add_argument("--ws", default="", help="WebSocket URL of a target that runs already")
    parser.add_argument("--http", default="", help="its HTTP base URL; by default the same host, the port above")
    parser.add_argument("--listen", default="", help="address for planes of other machines; by default none")
    parser.add_argument("--port", type=int, default=0, help="TCP port for them; by default a free one")
    parser.add_argument("--personas", default="[]", help="personas beside the usual ones, as JSON")
    parser.add_argument("--replay", default="locust", help="the command line to note as the one that made this run")
    return parser


def settings_of(options: argparse.Namespace) -> Settings:
    """chatproof.toml, where there is one, under what Locust was told."""
    given = {"ws": options.ws, "target": options.http or http_beside(options.ws)} if options.ws else {}
    return load_settings(None, seed=options.seed, out=options.out, **given)


def http_beside(ws: str) -> str:
    """The HTTP base URL beside a WebSocket URL: the port above, as `chatproof serve` has it by default.

    At the usual port of its scheme both have one address, as behind a proxy. Raises `UsageProblem` for what is no URL.
    """
    try:
        return _beside(urlsplit(ws))
    except (KeyError, ValueError) as problem:
        raise UsageProblem(f"{ws!r} is no ws:// or wss:// URL.") from problem


def _beside(ws: SplitResult) -> str:
    """Raises `KeyError` for another scheme, `ValueError` for a wrong port and for no host."""
    scheme, usual = _HTTP_OF[ws.scheme]
    if not ws.hostname:
        raise ValueError("no host")
    host, port = f"[{ws.hostname}]" if ":" in ws.hostname else ws.hostname, ws.port or usual
    return f"{scheme}://{host}" if port == usual else f"{scheme}://{host}:{port + 1}"


def scenario_of(options: argparse.Namespace) -> Scenario:
    """The load that was asked for. Raises `UsageProblem` where there cannot be such a one."""
    try:
        personas = msgspec.json.decode(options.personas, type=tuple[Persona, ...])
        return by_hand(by_hand_profile(options.users, options.main_s, personas))
    except (ValueError, msgspec.MsgspecError) as problem:
        raise UsageProblem(sentence(problem)) from problem


async def _run(options: argparse.Namespace, announcer: Announcer) -> int:
    settings = settings_of(options)
    driver = driver_for(settings)
    scenario = matched(scenario_of(options), settings, driver, partial(print, file=sys.stderr))
    directory = new_run_directory(Path(settings.out), scenario.name, settings.target, settings.seed)
    record, origin_ns = Record(), time.monotonic_ns()
    try:
        async with _target(driver, settings, scenario, directory, origin_ns) as (endpoint, secret, cluster):
            record.processes = cluster.rows
            plan = await _plan(options, settings, scenario, driver, directory, endpoint, secret, origin_ns)
            origin = Origin(settings.target, settings.engine, options.replay, driver.claims, slos_of(settings))
            write_live_inputs(plan, scenario, origin, directory)
            problems = await _lead(plan, origin, directory, cluster, announcer, record)
            await announcer.wait_gathered()
        segments = await trio.to_thread.run_sync(partial(_merge, directory.path, problems))
        write_gate_tables(plan, record, directory)
        write_run_document(plan, scenario, origin, record, segments, problems)
        announcer.written(plan.run_dir, record, problems)
        return RunSpoiled.exit_code if problems else 0
    finally:
        directory.close()


async def _plan(
    options: argparse.Namespace, settings: Settings, scenario: Scenario, driver: Driver, directory: RunDirectory,
    endpoint: Endpoint, secret: str, origin_ns: int,
) -> Plan:
    """Provision, and write plan.json."""
    profile, bounds = scenario.profile, scenario.all_bounds()
    roster = make_roster(profile, settings.seed)
    control = str(directory.control)
    if options.listen:
        control = tcp_address(options.listen, options.port or ports.free_ports(1)[0])
    plan = Plan(
        run_id=directory.run_id, run_dir=str(directory.path), seed=settings.seed, profile=profile,
        driver=settings.driver_spec, node=NODE if settings.is_local else "", roster=roster,
        provisioned=await driver.provision(endpoint, roster, secret),
        direct=endpoint, links={link_name(profile, user): endpoint for user in range(profile.links)},
        workers=options.workers, origin_ns=origin_ns,
        wall_origin_ms=time.time_ns() // 1_000_000 - (time.monotonic_ns() - origin_ns) // 1_000_000,
        control=control, token=secrets.token_urlsafe(16), machine=machine(), connects_per_s=options.connects_per_s,
        drain_ns=bounds["drain_ns"], receipts_rest_ns=bounds["receipts_rest_ns"],
    )
    directory.plan.write_bytes(msgspec.json.encode(plan))
    return plan


async def _lead(
    plan: Plan, origin: Origin, directory: RunDirectory, cluster: Cluster, announcer: Announcer, record: Record
) -> list[str]:
    """Lead the planes; what went wrong, in sentences. The planes end in any case."""
    problems: list[str] = []
    try:
        await Leader(plan, directory, cluster, announcer, record).lead(origin.claims, origin.slos)
    except* (LoadError, ChaosError, RunSpoiled) as group:
        problems += (sentence(problem) for problem in leaves(group))
    announcer.closed(problems)
    return problems


@asynccontextmanager
async def _target(
    driver: Driver, settings: Settings, scenario: Scenario, directory: RunDirectory, origin_ns: int
) -> AsyncIterator[tuple[Endpoint, str, Cluster]]:
    """The target and the secret to provision with: given, or started here and stopped afterwards."""
    command = start_command(settings, scenario, driver, directory)
    async with local_cluster(
        [command] if command else [], origin_ns=origin_ns, logs=directory.logs,
        ready_within_s=START_S,
    ) as cluster:  # fmt: skip
        endpoint = command.endpoint if command else settings.endpoint
        yield endpoint, command.secret if command else settings.own_secret, cluster


def _merge(run_dir: Path, problems: list[str]) -> tuple[Segment, ...]:
    """Merge what the planes recorded; that this is impossible is one more problem."""
    try:
        return merge(run_dir)
    except HistoryError as error:
        problems.append(f"The segments cannot be merged: {error}.")
        return ()


if __name__ == "__main__":
    raise SystemExit(main())
