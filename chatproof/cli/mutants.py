"""`chatproof mutants`: run the kill matrix."""

from __future__ import annotations

from pathlib import Path

import click
import trio
from rich.console import Console
from rich.table import Table

from chatproof.cli.problem import Problem
from chatproof.gate.matrix import Cell, exit_of, jobs_of, run_matrix
from chatproof.scenarios.matrix import MATRIX


@click.command
@click.argument("names", nargs=-1, metavar="[MUTANT]...")
@click.option("--seeds", default=5, show_default=True, help="Seeds over which the healthy server must be clean.")
@click.option("--seed", default=1, show_default=True, help="The first seed.")
@click.option("--at-once", default=1, show_default=True, help="Runs side by side; each wants a core to itself.")
@click.option("--out", default="runs", show_default=True, type=click.Path(path_type=Path))
def mutants(names: tuple[str, ...], seeds: int, seed: int, at_once: int, out: Path) -> int:
    """Show that each broken server is caught by name, and that the healthy one raises no alarm.

    Without MUTANT: all of them. Exit 0, or 13 when one escaped or raised an alarm that nothing implies.
    """
    known = [row.mutant for row in MATRIX]
    if unknown := sorted(set(names) - set(known)):
        raise Problem(f"There is no mutant {', '.join(unknown)}; there are {', '.join(known)}.", 2)
    console = Console()
    jobs = jobs_of(names=names, healthy_seeds=seeds, seed=seed)
    console.print(f"{len(jobs)} runs, each about half a minute")
    cells = trio.run(lambda: run_matrix(jobs, out=out, at_once=at_once, tell=lambda cell: _tell(console, cell)))
    _summary(console, cells)
    return exit_of(cells)


def _tell(console: Console, cell: Cell) -> None:
    style = "green" if cell.good else "red"
    who = cell.mutant or "healthy"
    console.print(
        f"[{style}]{cell.state}[/] {who} in {cell.scenario}, seed {cell.seed}, {cell.seconds:.0f} s  {cell.detail}"
    )


def _summary(console: Console, cells: list[Cell]) -> None:
    table = Table("server", "scenario", "seed", "result", "broken, or why", box=None)
    for cell in cells:
        table.add_row(cell.mutant or "healthy", cell.scenario, str(cell.seed), cell.state, cell.detail)
    console.print(table)
    good, seconds = sum(cell.good for cell in cells), sum(cell.seconds for cell in cells)
    console.print(f"{good} of {len(cells)} as they must be, {seconds:.0f} s of runs")
