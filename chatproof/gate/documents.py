"""What stands in a run directory beside the recording: plan.json before the load, tables and run.json after it."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from chatproof import __version__
from chatproof.chaos.faults import LinkFaultSpec
from chatproof.checkers.history.history import write_run, write_table
from chatproof.checkers.history.run_document import RunDocument, Segment, Worker
from chatproof.gate.conductor import Record
from chatproof.gate.run_directory import RunDirectory
from chatproof.gate.settings import Settings, slos_of
from chatproof.gate.stage import Stage
from chatproof.loadtests.plan import Plan
from chatproof.loadtests.roster import persona_of
from chatproof.scenarios.catalogue import NODE
from chatproof.scenarios.scenario import Scenario

LIBRARIES = ("duckdb", "locust", "msgspec", "picows", "pyarrow", "trio", "uvloop", "websockets")
"""Whose versions run.json names: those that can change a measurement or a judgement."""


class Origin(NamedTuple):
    """Where a run comes from, for run.json. `replay`: the command that makes it again; `slos`: what it is judged by."""

    target: str
    engine: str
    replay: str
    claims: Mapping[str, Any]
    slos: tuple[dict[str, Any], ...]
    versions: Mapping[str, str] = {}


def origin_of(settings: Settings, stage: Stage) -> Origin:
    """Where a run of the gate comes from."""
    return Origin(
        settings.target, settings.engine, settings.replay(), stage.driver.claims, slos_of(settings),
        {"toxiproxy": stage.toxiproxy.version},
    )  # fmt: skip


def write_plan(stage: Stage, scenario: Scenario, settings: Settings, directory: RunDirectory) -> Plan:
    """Write plan.json, which the planes read."""
    bounds = scenario.all_bounds()
    plan = Plan(
        run_id=directory.run_id,
        run_dir=str(directory.path),
        seed=settings.seed,
        profile=scenario.profile,
        driver=settings.driver_spec,
        roster=stage.roster,
        provisioned=stage.provisioned,
        direct=stage.direct,
        links=stage.through,
        workers=settings.workers,
        origin_ns=stage.origin_ns,
        wall_origin_ms=stage.wall_origin_ms,
        control=str(directory.control),
        drain_ns=bounds["drain_ns"],
        receipts_rest_ns=bounds["receipts_rest_ns"],
        node=NODE if settings.is_local else "",
    )
    directory.plan.write_bytes(msgspec.json.encode(plan))
    return plan


def write_gate_tables(plan: Plan, record: Record, directory: RunDirectory) -> None:
    """Write the tables that no worker records."""
    write_table(directory.path, "devices", _devices(plan))
    write_table(directory.path, "conversations", _conversations(plan))
    write_table(directory.path, "phases", record.phases)
    write_table(directory.path, "faults", (row._asdict() for row in record.faults))
    write_table(directory.path, "processes", (row._asdict() for row in record.processes))


def write_live_inputs(plan: Plan, scenario: Scenario, origin: Origin, directory: RunDirectory) -> None:
    """Write RUN/live/: what a live judge must know beside the segments. It is no run, and says so."""
    live = directory.path / "live"
    live.mkdir()
    write_run(live, _run_document(plan, scenario, origin, Record(), (), ("The run is not over.",)))
    write_table(live, "devices", _devices(plan))
    write_table(live, "conversations", _conversations(plan))


def write_run_document(
    plan: Plan,
    scenario: Scenario,
    origin: Origin,
    record: Record,
    segments: tuple[Segment, ...],
    problems: Iterable[str],
) -> None:
    """Write run.json."""
    write_run(Path(plan.run_dir), _run_document(plan, scenario, origin, record, segments, problems))


def _run_document(
    plan: Plan,
    scenario: Scenario,
    origin: Origin,
    record: Record,
    segments: tuple[Segment, ...],
    problems: Iterable[str],
) -> RunDocument:
    host = socket.gethostname()
    return RunDocument(
        run_id=plan.run_id,
        seed=plan.seed,
        scenario=scenario.name,
        replay=origin.replay,
        target=origin.target,
        driver=plan.driver.name,
        engine=origin.engine,
        claims=dict(origin.claims),
        bounds=scenario.all_bounds(),
        required=scenario.required,
        slos_required=scenario.slos_required,
        slos=origin.slos,
        minimums=scenario.minimums,
        schedule_sha256=record.schedule_sha256,
        versions=_versions() | dict(origin.versions),
        host={
            "name": host,
            "cores": os.cpu_count() or 0,
            "system": platform.platform(),
            "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        },
        workers=_workers(plan, record, host),
        segments=segments,
        expected_faults=len(record.faults) if record.ended_early else _expected_faults(scenario),
        problems=tuple(problems),
        unavailable=scenario.unavailable,
        started_at=datetime.fromtimestamp(plan.wall_origin_ms / 1000, UTC).isoformat(),
    )


def _workers(plan: Plan, record: Record, host: str) -> tuple[Worker, ...]:
    """Where each plane was; one that never joined would have been here."""
    joined = {plane.worker: Worker(plane.worker, plane.host, err_ns=plane.clock_err_ns) for plane in record.planes}
    return tuple(joined.get(number, Worker(number, host)) for number in range(plan.workers))


def _expected_faults(scenario: Scenario) -> int:
    """Rows that the faults table has when everything promised was done: one per fault and target."""
    return sum(len(spec.links) if isinstance(spec, LinkFaultSpec) else 1 for spec in scenario.schedule.faults)


def _versions() -> dict[str, str]:
    return {
        "chatproof": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def _devices(plan: Plan) -> Iterable[Mapping[str, Any]]:
    for device in plan.roster.devices:
        yield {
            "dev": device.dev,
            "user": device.user,
            "workspace": 0,
            "worker": device.user % plan.workers,
            "link": device.link,
            "persona": persona_of(plan.profile, plan.seed, device.user).name,
            "plane": "load",
        }


def _conversations(plan: Plan) -> Iterable[Mapping[str, Any]]:
    for conversation in plan.roster.conversations:
        yield {
            "conv": conversation.conv,
            "target_id": plan.provisioned.conversations[conversation.conv],
            "workspace": 0,
            "kind": conversation.kind,
            "history_policy": "since_join",
            "encrypted": False,
        }
