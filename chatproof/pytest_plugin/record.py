"""The run directory of a scenario test: what is written when the run is over, and the verdict on it."""

from __future__ import annotations

import os
import platform
import socket
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from rich.console import Console

from chatproof import __version__
from chatproof.checkers.history.history import History, write_run, write_table
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.history.vocabulary import BOUNDS
from chatproof.checkers.judge import judge
from chatproof.checkers.results import Verdict
from chatproof.drivers.registry import DriverSpec
from chatproof.pytest_plugin.run import Run
from chatproof.pytest_plugin.wanted import Options, Wanted
from chatproof.report.files import write_verdict
from chatproof.report.terminal import print_verdict

WIDTH = 120
"""Columns of the report: a section of pytest's output is not folded again."""


def write_directory(run: Run, wanted: Wanted, options: Options, directory: Path, replay: str) -> None:
    """Write run.json and every table. Raises `HistoryError`: a bug of ours."""
    _record_members(run)
    run.recording.write(directory)
    write_table(directory, "devices", _devices(run))
    write_table(directory, "conversations", _conversations(run))
    write_table(directory, "faults", (row._asdict() for row in run.nemesis.rows))
    write_table(directory, "processes", (row._asdict() for row in run.cluster.rows))
    write_run(directory, _run_document(run, wanted, options, directory, replay))


def judged(directory: Path, wanted: Wanted) -> Verdict:
    """The verdict on a run directory, written beside it."""
    with History.open(directory) as history:
        verdict = judge(history, also=wanted.also)
    write_verdict(verdict, directory)
    return verdict


def told(verdict: Verdict, wanted: Wanted, directory: Path) -> str:
    """The verdict as the terminal shows it, without the guarantees that were neither asked for nor broken."""
    told = tuple(one for one in verdict.guarantees if one.name in wanted.holds or one.result == "broken")
    text = StringIO()
    print_verdict(replace(verdict, guarantees=told), Console(file=text, width=WIDTH, color_system=None), directory)
    return text.getvalue()


def _run_document(run: Run, wanted: Wanted, options: Options, directory: Path, replay: str) -> RunDocument:
    began_s = time.time() - run.recording.elapsed_ns() / 1e9
    return RunDocument(
        run_id=directory.parent.name,
        seed=run.target.seed,
        scenario=wanted.scenario,
        replay=replay,
        target=options.target,
        driver=options.driver,
        engine="embedded" if options.is_local and DriverSpec(options.driver).is_ours else "",
        claims=run.driver.claims,
        bounds={name: wanted.bounds.get(name, key.default) for name, key in BOUNDS.items()},
        required=tuple(wanted.holds),
        slos_required=False,
        minimums=wanted.holds,
        versions={"chatproof": __version__, "python": platform.python_version()},
        host={"name": socket.gethostname(), "cores": os.cpu_count() or 0, "system": platform.platform()},
        expected_faults=run.nemesis.expected,
        started_at=datetime.fromtimestamp(began_s, UTC).isoformat(),
    )


def _record_members(run: Run) -> None:
    """Everybody was a member from the beginning."""
    for conversation in run.roster.conversations:
        for user in conversation.members:
            run.recording.add(
                "memberships", user, conv=conversation.conv, user=user, change="initial", op=0,
                role="owner" if user == conversation.members[0] else "member", invoke_ns=0, done_ns=0, outcome="ok",
            )


def _devices(run: Run) -> Iterable[Mapping[str, Any]]:
    for device in run.roster.devices:
        yield {
            "dev": device.dev, "user": device.user, "workspace": 0, "worker": device.dev, "link": device.link,
            "persona": "chatty", "plane": "trio",
        }


def _conversations(run: Run) -> Iterable[Mapping[str, Any]]:
    for conversation in run.roster.conversations:
        yield {
            "conv": conversation.conv, "target_id": run.provisioned.conversations[conversation.conv], "workspace": 0,
            "kind": conversation.kind, "history_policy": "since_join", "encrypted": False,
        }
