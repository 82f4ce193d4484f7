"""`python -m benchmarks.judge`: how long a clean history of a hundred million deliveries takes to be judged.

Generates histories of three sizes, judges each with `chatproof check` in a process of its own, prints the curve, and
ends with 1 if a required figure was missed: what was required is in `benchmarks.figures`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import click
import msgspec

from benchmarks.figures import Measured, all_missed, curve, exponent
from benchmarks.generator import generate
from chatproof.checkers.results import Verdict

SIZES = (1_000_000, 10_000_000, 100_000_000)
SEED = 1


@click.command
@click.option("--deliveries", "sizes", multiple=True, type=int, default=SIZES, help="A size to judge (repeatable).")
@click.option("--seed", type=int, default=SEED, show_default=True)
@click.option("--dir", "place", type=click.Path(path_type=Path), default=None, help="Where the histories are put.")
def main(sizes: tuple[int, ...], seed: int, place: Path | None) -> None:
    """Judge generated histories of these sizes, the smallest first, and say what that took."""
    print(f"generated histories, seed {seed}, {os.cpu_count()} cores")
    measured = [measure(size, seed, place) for size in sorted(set(sizes))]
    print(curve(measured))
    if len(measured) > 1:
        print(f"time grows with the size to the power of {exponent(measured):.2f}")
    problems = all_missed(measured)
    print("\n".join(problems) or "every required figure was reached")
    sys.exit(1 if problems else 0)


def measure(deliveries: int, seed: int, place: Path | None) -> Measured:
    """Generate, judge and remove one history."""
    with tempfile.TemporaryDirectory(prefix="chatproof-bench-", dir=place) as directory:
        run_dir = Path(directory)
        rows = generate(run_dir, deliveries, seed)
        print(f"{rows['deliveries']:,} deliveries of {rows['operations']:,} operations are written", flush=True)
        begun = perf_counter()
        verdict, peak_bytes = _check(run_dir)
        return Measured(rows["deliveries"], perf_counter() - begun, peak_bytes, verdict)


def _check(run_dir: Path) -> tuple[Verdict, int]:
    """The verdict, and the largest resident size of the process that found it, in bytes."""
    program = shutil.which("chatproof", path=str(Path(sys.executable).parent)) or "chatproof"
    command = [program, "check", str(run_dir), "--json", "--spill", str(run_dir)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return msgspec.json.decode((run_dir / "verdict.json").read_bytes(), type=Verdict), usage.ru_maxrss * 1024


if __name__ == "__main__":
    main()
