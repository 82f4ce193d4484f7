"""`chatproof report RUN`: a run that was judged, as a page."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History
from chatproof.checkers.results import EXIT_INVALID, Verdict
from chatproof.cli.problem import Problem
from chatproof.report.files import REPORT_FILE, VERDICT_FILE
from chatproof.report.html.report import ReportError, write_report


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Default: RUN/report.html."
)
def report(run: Path, out: Path | None) -> None:
    """Write what was found in the run directory RUN as one page that opens anywhere, without a network."""
    path = out or run / REPORT_FILE
    verdict = read_verdict(run)
    try:
        with History.open(run) as history:
            write_report(verdict, history, path)
    except (HistoryError, ReportError) as problem:
        raise Problem(f"invalid: {problem}", EXIT_INVALID) from problem
    click.echo(path)


def read_verdict(run: Path) -> Verdict:
    """The verdict in a run directory. Raises `Problem` where there is none, or one of another chatproof."""
    path = run / VERDICT_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Verdict)
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise Problem(f"{run} has no {VERDICT_FILE}; `chatproof check {run}` judges a run directory.", 2) from problem
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise Problem(f"{path} is no verdict: {problem}.", 2) from problem
