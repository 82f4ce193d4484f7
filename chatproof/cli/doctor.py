"""`chatproof doctor`: whether this machine has what a run needs; `--driver`: whether a driver does what it says."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import msgspec
import trio

from chatproof.backends.needs import Need, gather, judge
from chatproof.cli.problem import EXIT_ENVIRONMENT, Problem
from chatproof.conformance.finding import Finding
from chatproof.conformance.run import examine
from chatproof.gate.errors import RunError
from chatproof.gate.settings import load_settings


@click.command
@click.option("--driver", "of_driver", is_flag=True, help="Try the driver of the settings file at its target.")
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file, for --driver; default: chatproof.toml."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"), help="Where runs will be written.")
@click.option("--json", "as_json", is_flag=True, help="Print the needs, or the findings, as JSON.")
def doctor(of_driver: bool, config: Path | None, out: Path, as_json: bool) -> int:
    """Say for each need of a run whether it is met and, where it is not, what to do. Exit 0 or 30."""
    if config is not None and not of_driver:
        raise Problem("--config says which driver --driver looks at, and that was not asked for.", 2)
    if of_driver:
        findings = _findings(config)
        good = not any(finding.has_failed for finding in findings)
        lines = [_json(good, "checks", [each._asdict() for each in findings])] if as_json else map(_told, findings)
    else:
        needs = judge(gather(out))
        good = all(need.ok for need in needs)
        rows = [(need if not need.ok else need._replace(advice=""))._asdict() for need in needs]
        lines = [_json(good, "needs", rows)] if as_json else map(_line, needs)
    for line in lines:
        click.echo(line)
    return 0 if good else EXIT_ENVIRONMENT


def _findings(config: Path | None) -> list[Finding]:
    """A conformance run of the configured driver; its target's data and log are gone afterwards."""
    try:
        settings = load_settings(config)
    except RunError as problem:
        raise Problem(str(problem), problem.exit_code) from problem
    url = "" if settings.is_local else settings.target
    with TemporaryDirectory(prefix="chatproof-doctor-") as directory:

        async def run() -> list[Finding]:
            return await examine(settings, url, Path(directory), seed=time.time_ns() // 1_000_000)

        return trio.run(run)


def _told(finding: Finding) -> str:
    """`ok           login: …`, or `WRONG CLAIM  echo: … - claim …`."""
    state = finding.state.upper() if finding.has_failed else finding.state
    return f"{state:<13}{finding.name}: {finding.found}{f' - {finding.advice}' if finding.advice else ''}"


def _line(need: Need) -> str:
    """`ok  Python: 3.11`, or `MISSING  Go: none - install …`."""
    advice = "" if need.ok else f" - {need.advice}"
    return f"{'ok' if need.ok else 'MISSING':<8}{need.name}: {need.found}{advice}"


def _json(good: bool, name: str, rows: list[dict[str, Any]]) -> str:
    """`{"ok": bool, NAME: [{"name", "ok" or "state", "found", "advice"}]}`; no advice where nothing is to be done."""
    return msgspec.json.format(msgspec.json.encode({"ok": good, name: rows})).decode()
