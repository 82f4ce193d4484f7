"""`chatproof check RUN`: judge a run directory again."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History
from chatproof.checkers.judge import JudgeError, UnknownGuarantee, judge
from chatproof.checkers.results import EXIT_INVALID
from chatproof.cli.problem import Problem
from chatproof.report.files import remove_verdict, verdict_json, write_verdict
from chatproof.report.terminal import print_verdict


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--guarantee", "names", multiple=True, metavar="NAME", help="Judge only this guarantee (repeatable).")
@click.option("--json", "as_json", is_flag=True, help="Print verdict.json instead of the summary.")
def check(run: Path, names: tuple[str, ...], as_json: bool) -> int:
    """Judge the history in the directory RUN and write the verdict into it: verdict.json, junit.xml, summary.md
    and a picture of each counter-example."""
    if not run.is_dir():
        raise Problem(f"{run} is not a run directory.", 2)
    try:
        verdict = judge(History.open(run), names=names or None)
    except UnknownGuarantee as problem:
        raise Problem(str(problem), 2) from problem
    except (HistoryError, JudgeError) as problem:
        remove_verdict(run)
        raise Problem(f"invalid: {problem}", EXIT_INVALID) from problem
    write_verdict(verdict, run)
    if as_json:
        click.echo(verdict_json(verdict), nl=False)
    else:
        print_verdict(verdict, Console(), run)
    return verdict.exit
