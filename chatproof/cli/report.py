"""`chatproof report RUN`: a run that was judged, as a page; `--compare A B`: two of them beside each other."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console

from chatproof.checkers.results import EXIT_INVALID, Verdict
from chatproof.cli.problem import EXIT_ENVIRONMENT, Problem
from chatproof.report.comparison import compare
from chatproof.report.comparison_terminal import print_comparison
from chatproof.report.files import REPORT_FILE, VERDICT_FILE
from chatproof.report.html.report import HistoryNotShown, PageNotWritten, comparison, write_page, write_report

_DIRECTORY = click.Path(path_type=Path)


@click.command
@click.argument("run", type=_DIRECTORY, required=False)
@click.option(
    "--compare", "pair", nargs=2, type=_DIRECTORY, metavar="BEFORE AFTER", help="Compare two run directories."
)
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Where the page is written; default: RUN/report.html, and none of a comparison.",
)
def report(run: Path | None, pair: tuple[Path, Path] | None, out: Path | None) -> int:
    """Write what was found in the run directory RUN as one page that opens anywhere, without a network.

    With --compare, print what became worse from one run to another; exit code 12 if anything did.
    """
    if (run is None) == (pair is None):
        raise click.UsageError("Name one run directory, or two with --compare.")
    try:
        return _show(run, out or run / REPORT_FILE) if run is not None else _compare(*(pair or ()), out=out)
    except PageNotWritten as problem:
        raise Problem(f"{problem}.", EXIT_ENVIRONMENT) from problem


def _show(run: Path, path: Path) -> int:
    verdict = read_verdict(run)
    try:
        write_report(verdict, run, path)
    except HistoryNotShown as problem:
        raise Problem(f"invalid: {problem}", EXIT_INVALID) from problem
    click.echo(path)
    return 0


def _compare(before: Path, after: Path, *, out: Path | None) -> int:
    compared = compare(_comparable(before), _comparable(after))
    if out is not None:
        write_page(comparison(compared), out)
    print_comparison(compared, Console())
    return compared.exit


def _comparable(run: Path) -> Verdict:
    """A verdict that says something."""
    verdict = read_verdict(run)
    if verdict.verdict == "invalid":
        raise Problem(f"{run} is an invalid run: nothing can be compared with it.", EXIT_INVALID)
    return verdict


def read_verdict(run: Path) -> Verdict:
    """The verdict in a run directory. Raises `Problem` where there is none, or one of another chatproof."""
    path = run / VERDICT_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Verdict)
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise Problem(f"{run} has no {VERDICT_FILE}; `chatproof check {run}` judges a run directory.", 2) from problem
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise Problem(f"{path} is no verdict: {problem}.", 2) from problem
