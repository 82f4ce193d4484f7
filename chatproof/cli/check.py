"""`chatproof check RUN`: judge a run directory again."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from chatproof.checkers.history.database import GIB, Resources
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History
from chatproof.checkers.judge import JudgeError, UnknownGuarantee, judge
from chatproof.checkers.results import EXIT_INVALID, Verdict
from chatproof.checkers.workers import Cluster
from chatproof.cli.problem import Problem
from chatproof.report.files import REPORT_FILE, remove_verdict, verdict_json, write_verdict
from chatproof.report.html.report import ReportError, write_report
from chatproof.report.terminal import print_verdict

MEMORY = "judged.json"
"""What `--since` remembers, in the run directory."""


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--guarantee", "names", multiple=True, metavar="NAME", help="Judge only this guarantee (repeatable).")
@click.option(
    "--scheduler", metavar="ADDRESS", help="Let the workers of this Dask scheduler judge; they see RUN too."
)
@click.option(
    "--since", "since_last", is_flag=True,
    help="Carry over what the last check with this flag found in finished conversations.",
)
@click.option("--memory", metavar="GIB", type=click.FloatRange(0.5), help="What the database may hold in memory (2.5).")
@click.option(
    "--spill", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False, writable=True),
    help="Where it puts what does not fit (the directory for temporary files).",
)
@click.option("--json", "as_json", is_flag=True, help="Print verdict.json instead of the summary.")
def check(
    run: Path,
    names: tuple[str, ...],
    scheduler: str | None,
    since_last: bool,
    memory: float | None,
    spill: Path | None,
    as_json: bool,
) -> int:
    """Judge the history in the directory RUN and write the verdict into it: verdict.json, junit.xml, summary.md
    and a picture of each counter-example. A report.html that was there is written anew."""
    if not run.is_dir():
        raise Problem(f"{run} is not a run directory.", 2)
    if since_last and names:
        raise click.UsageError("--since judges everything; it does not go with --guarantee.")
    resources = _resources(memory, spill or (run if scheduler else None))
    had_report = (run / REPORT_FILE).exists()
    try:
        with History.open(run, resources) as history:
            verdict = judge(
                history,
                names=names or None,
                workers=Cluster(scheduler) if scheduler else None,
                since=run / MEMORY if since_last else None,
            )
    except UnknownGuarantee as problem:
        raise Problem(str(problem), 2) from problem
    except (HistoryError, JudgeError) as problem:
        remove_verdict(run)
        raise Problem(f"invalid: {problem}", EXIT_INVALID) from problem
    write_verdict(verdict, run)
    if had_report:
        _show(verdict, run, resources)
    if as_json:
        click.echo(verdict_json(verdict), nl=False)
    else:
        print_verdict(verdict, Console(), run)
    return verdict.exit


def _show(verdict: Verdict, run: Path, resources: Resources) -> None:
    """Write report.html. The verdict stands without it."""
    try:
        write_report(verdict, run, resources=resources)
    except ReportError as problem:
        click.echo(f"no {REPORT_FILE}: {problem}", err=True)


def _resources(memory: float | None, spill: Path | None) -> Resources:
    """What was asked for, or what a judge may use anyway."""
    usual = Resources()
    held = usual.memory_bytes if memory is None else int(memory * GIB)
    return usual._replace(memory_bytes=held, spill_dir=spill or usual.spill_dir)
