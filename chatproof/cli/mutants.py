"""`chatproof mutants`: run the kill matrix, keep its results, show them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import trio
from rich.console import Console

from chatproof.cli.problem import Problem
from chatproof.gate.matrix import Job, calm_jobs, exit_of, first_of_each, healthy_jobs, mutant_jobs, run_matrix
from chatproof.report.kill_matrix import bound, page, table
from chatproof.scenarios.matrix import MATRIX
from chatproof.scenarios.recorded import RESULTS, Cell, UnreadableResults, keep, read_cells

_PATH = click.Path(path_type=Path)
_RUN_S = 33


@click.command
@click.argument("names", nargs=-1, metavar="[MUTANT]...")
@click.option("--one-each", is_flag=True, help="Of the mutants that one guarantee catches, only the first.")
@click.option("--calm", is_flag=True, help="Also run the mutants that need a fault without one: they must be clean.")
@click.option("--healthy", default=5, show_default=True, help="Seeds over which the healthy server must be clean.")
@click.option("--healthy-only", is_flag=True, help="No mutants.")
@click.option("--seed", default=1, show_default=True, help="The first seed.")
@click.option("--at-once", default=1, show_default=True, help="Runs side by side; each wants a core to itself.")
@click.option("--out", default="runs", show_default=True, type=_PATH)
@click.option("--record", type=_PATH, help="Keep results in this file; healthy runs that it has are not made again.")
@click.option("--matrix", is_flag=True, help="Run nothing: show what was recorded (by default: with this version).")
@click.option("--write", type=_PATH, help="With --matrix: write it as a page into this file.")
def mutants(
    names: tuple[str, ...], one_each: bool, calm: bool, healthy: int, healthy_only: bool, seed: int, at_once: int,
    out: Path, record: Path | None, matrix: bool, write: Path | None,
) -> int:  # fmt: skip
    """Show that each broken server is caught by name, and that the healthy one raises no alarm.

    Without MUTANT: all of them. Exit 0, or 13 when one escaped or raised an alarm that nothing implies, or 10 when the
    healthy server was accused.
    """
    known = [row.mutant for row in MATRIX]
    if unknown := sorted(set(names) - set(known)):
        raise Problem(f"There is no mutant {', '.join(unknown)}; there are {', '.join(known)}.", 2)
    recorded = _recorded(record or (RESULTS if matrix else None))
    if matrix:
        return _show(recorded, write)
    broken = _broken_jobs(names, seed, one_each=one_each, calm=calm)
    jobs = [*(() if healthy_only else broken), *_not_made(healthy_jobs(healthy, seed), recorded)]
    return exit_of(_run(jobs, out, at_once, record))


def _broken_jobs(names: Sequence[str], seed: int, *, one_each: bool, calm: bool) -> list[Job]:
    caught = mutant_jobs(names, seed)
    return [*(first_of_each(caught) if one_each else caught), *(calm_jobs(names, seed) if calm else ())]


def _recorded(path: Path | None) -> tuple[Cell, ...]:
    try:
        return read_cells(path) if path is not None else ()
    except UnreadableResults as problem:
        raise Problem(str(problem), 2) from problem


def _not_made(jobs: Sequence[Job], recorded: Sequence[Cell]) -> list[Job]:
    """The jobs that have no result yet; a run without a verdict is none."""
    made = {cell.run for cell in recorded if cell.state != "no verdict"}
    return [job for job in jobs if (job.mutant, job.scenario, job.seed) not in made]


def _show(cells: Sequence[Cell], write: Path | None) -> int:
    console = Console()
    console.print(table(cells))
    console.print(bound(cells))
    if write is not None:
        write.write_text(page(cells))
    return exit_of(cells)


def _run(jobs: Sequence[Job], out: Path, at_once: int, record: Path | None) -> list[Cell]:
    console = Console()
    console.print(f"{len(jobs)} runs, about {len(jobs) * _RUN_S // at_once // 60 + 1} min")

    def tell(cell: Cell) -> None:
        if record is not None:
            keep(record, [cell])
        who = cell.mutant or "healthy"
        what = cell.detail or ", ".join(cell.broken)
        style = "green" if cell.good else "red"
        console.print(
            f"[{style}]{cell.state}[/] {who} in {cell.scenario}, seed {cell.seed}, {cell.seconds:.0f} s  {what}"
        )

    cells = trio.run(lambda: run_matrix(jobs, out=out, at_once=at_once, tell=tell))
    console.print(table(cells))
    good, seconds = sum(cell.good for cell in cells), sum(cell.seconds for cell in cells)
    console.print(f"{good} of {len(cells)} as they must be, {seconds:.0f} s of runs")
    return cells
