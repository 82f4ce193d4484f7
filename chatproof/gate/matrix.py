"""Runs the kill matrix: every mutant caught under its name with only implied alarms, the healthy server clean.

Each run is a `chatproof gate` of its own process, so that nothing of one leaks into the next.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import trio
from msgspec import Struct

from chatproof.checkers.results import EXIT_GUARANTEE_BROKEN, EXIT_INCONCLUSIVE, EXIT_INVALID, EXIT_PASS, Verdict
from chatproof.scenarios.matrix import MATRIX, SHORT_SCENARIOS, Expectation

EXIT_ESCAPED = 13

State = Literal["caught", "clean", "escaped", "unexplained alarm", "false alarm", "no verdict"]


class Cell(Struct, frozen=True):
    """One run of the matrix. `mutant` is empty for the healthy server; `detail` says why a bad state is bad."""

    mutant: str
    scenario: str
    seed: int
    state: State
    detail: str
    seconds: float

    @property
    def good(self) -> bool:
        """Whether this cell is as it must be."""
        return self.state in {"caught", "clean"}


class Job(Struct, frozen=True):
    """One run to make."""

    scenario: str
    seed: int
    expectation: Expectation | None = None

    @property
    def target(self) -> str:
        """The gate's target."""
        return f"mutant:{self.expectation.mutant}" if self.expectation else "embedded"


def jobs_of(*, names: Sequence[str], healthy_seeds: int, seed: int) -> list[Job]:
    """The runs of the matrix: each named mutant (all, if none is named) once, the healthy server over the seeds."""
    chosen = [row for row in MATRIX if not names or row.mutant in names]
    healthy = [Job(scenario, seed + k) for scenario in SHORT_SCENARIOS for k in range(healthy_seeds)]
    return [Job(row.scenario, seed, row) for row in chosen] + healthy


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
    return EXIT_GUARANTEE_BROKEN if any(cell.state == "false alarm" for cell in cells) else EXIT_ESCAPED


def judge_cell(job: Job, verdict: Verdict | None, stderr: str, seconds: float) -> Cell:
    """What one run's verdict means in the matrix."""
    state, detail = _state(job, verdict, stderr)
    mutant = job.expectation.mutant if job.expectation else ""
    return Cell(mutant, job.scenario, job.seed, state, detail, seconds)


def _state(job: Job, verdict: Verdict | None, stderr: str) -> tuple[State, str]:
    if verdict is None:
        return "no verdict", stderr.strip().splitlines()[-1] if stderr.strip() else "the gate said nothing"
    roots = {result.name for result in verdict.guarantees if result.result == "broken" and not result.implied_by}
    broken = {result.name for result in verdict.guarantees if result.result == "broken"}
    if job.expectation is None:
        return _healthy_state(verdict, broken)
    if job.expectation.guarantee not in broken:
        return "escaped", f"{verdict.verdict}: {verdict.sentence}"
    strangers = sorted(roots - {job.expectation.guarantee})
    return ("unexplained alarm", ", ".join(strangers)) if strangers else ("caught", ", ".join(sorted(broken)))


def _healthy_state(verdict: Verdict, broken: set[str]) -> tuple[State, str]:
    if broken:
        return "false alarm", ", ".join(sorted(broken))
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
    return judge_cell(job, verdict, done.stderr.decode(errors="replace"), trio.current_time() - began)
