"""One run from settings to verdict."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

import trio

from chatproof.backends.errors import BackendError
from chatproof.chaos.errors import ChaosError
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History
from chatproof.checkers.history.merge import merge
from chatproof.checkers.history.run_document import Segment
from chatproof.checkers.judge import judge
from chatproof.checkers.results import Verdict
from chatproof.drivers.interface import Driver
from chatproof.gate.conductor import Record, conduct
from chatproof.gate.documents import (
    origin_of,
    write_gate_tables,
    write_live_inputs,
    write_plan,
    write_run_document,
)
from chatproof.gate.errors import RunSpoiled, UsageProblem, sentence
from chatproof.gate.exposition import LoadMetrics, exposed
from chatproof.gate.live import LiveJudging, live_judging
from chatproof.gate.load import locust_command, locust_running
from chatproof.gate.matching import driver_for, matched
from chatproof.gate.priority import claim_priority
from chatproof.gate.run_directory import RunDirectory, new_run_directory
from chatproof.gate.settings import Settings
from chatproof.gate.stage import staged
from chatproof.loadtests.control import Progress
from chatproof.loadtests.coordinator import Coordinator
from chatproof.loadtests.errors import LoadError, leaves
from chatproof.report.files import REPORT_FILE, write_verdict
from chatproof.report.html.report import ReportError, write_report
from chatproof.scenarios.catalogue import SCENARIOS
from chatproof.scenarios.scenario import Scenario

Tell = Callable[[str], None]
Show = Callable[[str, list[Progress]], None]


class Finished:
    """A run that is over: its directory and its verdict."""

    def __init__(self, directory: Path, verdict: Verdict) -> None:
        self.directory = directory
        self.verdict = verdict


async def run_gate(settings: Settings, tell: Tell, show: Show) -> Finished:
    """Make one run and judge it. Raises `RunError` where there is nothing to judge."""
    driver = driver_for(settings)
    scenario = matched(_scenario(settings), settings, driver, tell)
    directory = new_run_directory(Path(settings.out), scenario.name, settings.target, settings.seed)
    claim_priority()
    try:
        with exposed(settings.metrics_port) as metrics:
            await _play(settings, scenario, driver, directory, metrics, tell, show)
            tell("judging")
            verdict = await trio.to_thread.run_sync(_judge, directory.path)
            await _shown(directory.path, verdict, tell)
            return Finished(directory.path, verdict)
    finally:
        directory.close()


async def _play(
    settings: Settings, scenario: Scenario, driver: Driver, directory: RunDirectory, metrics: LoadMetrics,
    tell: Tell, show: Show,
) -> None:
    """Set the stage, conduct the run, write everything down. A spoiled run is written down too."""
    record, problems = Record(), list[str]()
    async with staged(settings, scenario, driver, directory, tell) as stage:
        plan = write_plan(stage, scenario, settings, directory)
        live: AbstractAsyncContextManager[LiveJudging | None] = nullcontext()
        if settings.judges_live:
            write_live_inputs(plan, scenario, origin_of(settings, stage), directory)
            live = live_judging(directory, tell)
        coordinator = Coordinator(directory.control, settings.workers)
        metrics.progress = coordinator.progress
        argv, env = locust_command(directory.plan, users=scenario.profile.users, workers=settings.workers)
        load = locust_running(argv, env, directory.logs / "locust.log")
        try:
            await conduct(
                stage, scenario, coordinator, record,
                load=load, live=live, fail_fast=settings.fail_fast, tell=tell, show=show,
            )  # fmt: skip
        except* (BackendError, ChaosError, LoadError, RunSpoiled) as group:
            problems += (sentence(error) for error in leaves(group))
    tell("merging")
    segments = await trio.to_thread.run_sync(_merge, directory.path)
    write_gate_tables(plan, record, directory)
    write_run_document(plan, scenario, origin_of(settings, stage), record, segments, problems)


def _merge(run_dir: Path) -> tuple[Segment, ...]:
    """Merge what the planes recorded."""
    try:
        return merge(run_dir)
    except HistoryError as error:
        raise RunSpoiled(f"the segments in {run_dir} cannot be merged: {error}") from error


def _judge(run_dir: Path) -> Verdict:
    """Judge what was written down, and write the verdict."""
    try:
        with History.open(run_dir) as history:
            verdict = judge(history)
    except HistoryError as error:
        raise RunSpoiled(f"the history in {run_dir} cannot be judged: {error}") from error
    write_verdict(verdict, run_dir)
    return verdict


async def _shown(run_dir: Path, verdict: Verdict, tell: Tell) -> None:
    """Write report.html. The verdict stands without it."""
    tell("drawing the report")
    try:
        await trio.to_thread.run_sync(write_report, verdict, run_dir)
    except ReportError as problem:
        tell(f"no {REPORT_FILE}: {problem}")


def _scenario(settings: Settings) -> Scenario:
    if settings.scenario not in SCENARIOS:
        raise UsageProblem(f"There is no scenario {settings.scenario}; there are {', '.join(SCENARIOS)}.")
    scenario = SCENARIOS[settings.scenario](settings.seed)
    return scenario.resized(users=settings.users, duration_s=settings.duration_s)
