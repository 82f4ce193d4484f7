"""Runs the kill matrix: every mutant caught under its name with only implied alarms, the healthy server clean.

Each run is a `chatproof gate` of its own process, so that nothing of one leaks into the next.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import trio
from msgspec import Struct

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History
from chatproof.checkers.results import EXIT_GUARANTEE_BROKEN, EXIT_INCONCLUSIVE, EXIT_INVALID, EXIT_PASS, Verdict
from chatproof.scenarios.matrix import CALM, MATRIX, SHORT_SCENARIOS
from chatproof.scenarios.recorded import Cell, State

EXIT_ESCAPED = 13


class Job(Struct, frozen=True):
    """One run to make. `mutant` is empty for the healthy server, `guarantee` where nothing may be broken."""

    scenario: str
    seed: int
    mutant: str = ""
    guarantee: str = ""

    @property
    def target(self) -> str:
        """The gate's target."""
        return f"mutant:{self.mutant}" if self.mutant else "embedded"


def mutant_jobs(names: Sequence[str], seed: int) -> list[Job]:
    """Each named mutant (all, if none is named) in the scenario that shows it."""
    return [Job(row.scenario, seed, row.mutant, row.guarantee) for row in MATRIX if not names or row.mutant in names]


def first_of_each(jobs: Sequence[Job]) -> list[Job]:
    """Of several runs that must break the same guarantee, the first."""
    first: dict[str, Job] = {}
    for job in jobs:
        first.setdefault(job.guarantee, job)
    return list(first.values())


def calm_jobs(names: Sequence[str], seed: int) -> list[Job]:
    """Each of these mutants that needs a fault, without one: it must be clean."""
    return [Job(CALM, seed, row.mutant) for row in MATRIX if row.needs_fault and (not names or row.mutant in names)]


def healthy_jobs(seeds: int, seed: int) -> list[Job]:
    """The healthy server in each short scenario over so many seeds; seed by seed, so that a part is whole."""
    return [Job(scenario, seed + k) for k in range(seeds) for scenario in SHORT_SCENARIOS]


async def run_matrix(jobs: Sequence[Job], *, out: Path, at_once: int, tell: Callable[[Cell], None]) -> list[Cell]:
    """Run the jobs, at most `at_once` at a time; `tell` hears of each cell as it is done. Cells keep the order."""
    cells: dict[int, Cell] = {}
    limiter = trio.CapacityLimiter(at_once)

    async def one(index: int, job: Job) -> None:
        async with limiter:
            cells[index] = await _run(job, out)
            tell(cells[index])

    async with trio.open_nursery() as nursery:
        for index, job in enumerate(jobs):
            nursery.start_soon(one, index, job)
    return [cells[index] for index in range(len(jobs))]


def exit_of(cells: Sequence[Cell]) -> int:
    """0 when every cell is good; 10 when the healthy server was accused; 13 otherwise."""
    if all(cell.good for cell in cells):
        return EXIT_PASS
    accused = any(cell.state == "false alarm" and not cell.mutant for cell in cells)
    return EXIT_GUARANTEE_BROKEN if accused else EXIT_ESCAPED


def judge_cell(job: Job, verdict: Verdict | None, stderr: str, *, load_ns: int | None, seconds: float) -> Cell:
    """What one run's verdict means in the matrix; `load_ns` is when its load began, if known."""
    state, detail = _state(job, verdict, stderr)
    found = verdict.guarantees if verdict is not None else ()
    shown = [violation.t_ns for result in found if result.name == job.guarantee for violation in result.violations]
    return Cell(
        mutant=job.mutant, scenario=job.scenario, seed=job.seed, guarantee=job.guarantee, state=state, detail=detail,
        broken=tuple(result.name for result in found if result.result == "broken"),
        shown_ns=min(shown) - load_ns if shown and load_ns is not None else None,
        acked_sends=verdict.totals.get("acked_sends", 0) if verdict is not None else 0, seconds=round(seconds, 1),
    )  # fmt: skip


def _state(job: Job, verdict: Verdict | None, stderr: str) -> tuple[State, str]:
    if verdict is None:
        return "no verdict", stderr.strip().splitlines()[-1] if stderr.strip() else "the gate said nothing"
    roots = {result.name for result in verdict.guarantees if result.result == "broken" and not result.implied_by}
    broken = {result.name for result in verdict.guarantees if result.result == "broken"}
    if not job.guarantee:
        return _clean_state(verdict, broken)
    if job.guarantee not in broken:
        return "escaped", f"{verdict.verdict}: {verdict.sentence}"
    strangers = sorted(roots - {job.guarantee})
    return ("unexplained alarm", f"by {', '.join(strangers)}") if strangers else ("caught", "")


def _clean_state(verdict: Verdict, broken: set[str]) -> tuple[State, str]:
    if broken:
        return "false alarm", verdict.sentence
    if verdict.exit in {EXIT_INCONCLUSIVE, EXIT_INVALID}:
        return "no verdict", f"{verdict.verdict}: {verdict.sentence}"
    return "clean", ""


async def _run(job: Job, out: Path) -> Cell:
    command = [sys.executable, "-m", "chatproof.cli.main", "gate", "--target", job.target, "--scenario", job.scenario]
    command += ["--seed", str(job.seed), "--out", str(out), "--json"]
    began = trio.current_time()
    done = await trio.run_process(
        command, capture_stdout=True, capture_stderr=True, check=False, stdin=subprocess.DEVNULL
    )
    try:
        verdict = msgspec.json.decode(done.stdout, type=Verdict)
    except msgspec.DecodeError:
        verdict = None
    load_ns = _load_began_ns(out / verdict.run_id) if verdict is not None else None
    seconds = trio.current_time() - began
    return judge_cell(job, verdict, done.stderr.decode(errors="replace"), load_ns=load_ns, seconds=seconds)


def _load_began_ns(run: Path) -> int | None:
    """When the load of a run began, ns since its start; None where that was not written down."""
    try:
        with History.open(run) as history:
            if not history.has("phases"):
                return None
            rows = history.rows("SELECT min(start_ns) FROM phases WHERE phase IN ('warm_up', 'main')")
    except HistoryError:
        return None
    return rows[0][0]  # type: ignore[no-any-return]
