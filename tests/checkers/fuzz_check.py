"""Fuzzes `chatproof check`: whatever is done to a run directory, it answers with a verdict or one sentence.

    python -m tests.checkers.fuzz_check --seconds 600 [--seed N]

Prints each failure with the seed that repeats it, and ends with 1 if there was one.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import duckdb
import pyarrow as pa
from click.testing import CliRunner
from msgspec.structs import replace

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.history.database import Resources
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History
from chatproof.checkers.history.parquet import read_tables
from chatproof.checkers.history.tables import TABLES
from chatproof.cli.main import cli
from chatproof.cli.problem import Problem
from tests.checkers.model import Recorded, build
from tests.checkers.mutator import spoil, unseal, write_sealed

REQUIRED = (
    "no-lost-message", "no-phantom", "idempotent-send", "shown-once", "one-id-per-seq", "ordered-stream", "no-gap",
    "durable-ack",
)
ANSWERS = {0, 2, 10, 11, 20, 21}


class Answer(NamedTuple):
    """What `check` did: its exit code and what it said, or the exception that it let through."""

    exit: int | None
    said: str
    crash: BaseException | None


def passing() -> Recorded:
    """A history that passes, each required guarantee being exercised."""
    recorded = build(11, steps=160)
    run = replace(recorded.run, required=REQUIRED, minimums=dict.fromkeys(REQUIRED, 1))
    return Recorded(run, recorded.tables)


def check(run_dir: Path, names: tuple[str, ...] = ()) -> Answer:
    """`chatproof check RUN [--guarantee NAME]…`, in this process."""
    flags = [flag for name in names for flag in ("--guarantee", name)]
    done = CliRunner().invoke(cli, ["check", str(run_dir), *flags], standalone_mode=False)
    if isinstance(done.exception, Problem):
        return Answer(done.exception.exit_code, str(done.exception), None)
    return Answer(done.return_value, done.output, done.exception)


def problem_of(run_dir: Path, sealed: Path, seed: int) -> str:
    """Spoil a copy of the sealed run as the seed says, and check it; empty where the answer is a fair one."""
    draw = random.Random(seed)
    shutil.rmtree(run_dir, ignore_errors=True)
    shutil.copytree(sealed, run_dir)
    is_sealed = draw.random() < 0.5
    if not is_sealed:
        unseal(run_dir)
    done = spoil(run_dir, draw)
    if (whole := rows_of(run_dir, Resources())) != (streamed := rows_of(run_dir, Resources(loaded_rows=5))):
        said = " and ".join(answer if isinstance(answer, str) else "rows" for answer in (whole, streamed))
        return f"seed {seed}, {done}: opened as a small history and as a large one, it is not the same: {said}"
    names = () if draw.random() < 0.2 else tuple(draw.sample(sorted(GUARANTEES), 3))
    answer = check(run_dir, names)
    if answer.crash is not None:
        return f"seed {seed}, {done}: " + "".join(traceback.format_exception(answer.crash))
    if answer.exit not in ANSWERS:
        return f"seed {seed}, {done}: exit {answer.exit}"
    if answer.exit == 0 and is_sealed and "run.json" not in done and not _same_tables(run_dir, sealed):
        return f"seed {seed}, {done}: it passes, and its recorded rows are others"
    return ""


def rows_of(run_dir: Path, resources: Resources) -> dict[str, list[tuple[object, ...]]] | str:
    """The rows of each table, or `refused`; of a large table that may come to light when its rows are asked for."""
    try:
        with History.open(run_dir, resources) as history:
            return {name: history.rows(f"SELECT * FROM {name}") for name in TABLES if history.has(name)}
    except (HistoryError, duckdb.Error):
        return "refused"


def _same_tables(run_dir: Path, sealed: Path) -> bool:
    """Whether every recorded table still has the rows that were sealed, in any order."""
    try:
        tables, originals = read_tables(run_dir), read_tables(sealed)
    except HistoryError:
        return False
    recorded = [name for name in originals if TABLES[name].recorded]
    return all(name in tables and _ordered(tables[name]).equals(_ordered(originals[name])) for name in recorded)


def _ordered(data: pa.Table) -> pa.Table:
    return data.sort_by([("worker", "ascending"), ("rec", "ascending")])


def main() -> int:
    """Fuzz for so many seconds."""
    parser = argparse.ArgumentParser(description="Fuzz `chatproof check`.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0, help="the first one; each run counts up from it")
    options = parser.parse_args()
    end, seed, problems = monotonic() + options.seconds, options.seed, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        sealed = Path(folder) / "sealed"
        write_sealed(passing(), sealed)
        while monotonic() < end:
            problem = problem_of(Path(folder) / "run", sealed, seed)
            if problem and not problems[problem.splitlines()[-1]]:
                print(problem, flush=True)
            if problem:
                problems[problem.splitlines()[-1]] += 1
            seed += 1
    print(f"{seed - options.seed} run directories, {problems.total()} problems, of {len(problems)} kinds")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
