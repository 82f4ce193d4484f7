"""`chatproof gate`: one run, from an empty directory to a verdict."""

from __future__ import annotations

from pathlib import Path

import click
import trio
from rich.console import Console

from chatproof.cli.problem import Problem
from chatproof.gate.display import Display
from chatproof.gate.errors import RunError
from chatproof.gate.run import run_gate
from chatproof.gate.settings import load_settings
from chatproof.report.files import verdict_json
from chatproof.report.terminal import print_verdict


@click.command
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file; default: chatproof.toml, if there is one."
)
@click.option("--target", metavar="NAME|URL", help="embedded (default), mutant:NAME, or an http:// URL.")
@click.option("--scenario", metavar="NAME", help="What to run; default: default.")
@click.option("--seed", type=int, help="Decides load, bodies and faults.")
@click.option("--users", type=int, help="Chat users, instead of the scenario's.")
@click.option("--duration", "duration_s", type=float, metavar="S", help="Length of main, instead of the scenario's.")
@click.option("--out", metavar="DIR", help="Where run directories are made; default: runs.")
@click.option("--live", is_flag=True, default=None, help="Judge while the run goes on what can be judged then.")
@click.option("--fail-fast", is_flag=True, default=None, help="End the run at the first violation; implies --live.")
@click.option("--metrics-port", type=int, metavar="N", help="Serve the load's metrics on this loopback port.")
@click.option("--json", "as_json", is_flag=True, help="Print verdict.json on stdout instead of the summary.")
def gate(config: Path | None, as_json: bool, **flags: object) -> int:
    """Drive the target, break things, record, judge.

    Exit code 0 is a pass; `chatproof --help` lists the others.
    """
    console = Console(stderr=as_json)
    try:
        settings = load_settings(config, **flags)
        with Display(console) as display:
            finished = trio.run(run_gate, settings, display.tell, display.show)
    except RunError as problem:
        raise Problem(str(problem), problem.exit_code) from problem
    if as_json:
        click.echo(verdict_json(finished.verdict), nl=False)
    else:
        print_verdict(finished.verdict, console, finished.directory)
        console.print(f"everything is in {finished.directory}", soft_wrap=True)
    return finished.verdict.exit
