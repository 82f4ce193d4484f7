"""`python -m benchmarks.floor`: where the server's processor time goes, per acknowledged send and part.

Runs each shape once against the floor and once against the reference server with py-spy beside it, which looks at the
stack of every thread 200 times a second. The parts are those of `benchmarks.floor.parts`; the times are the
kernel's, shared out by what was seen. The largest number is the next thing to look at.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click
import psutil

from benchmarks.floor import parts
from benchmarks.floor.contest import WARM_UP_S, Served, floor, measure, reference
from benchmarks.floor.shapes import SHAPES, Shape
from benchmarks.processes import scratch

MEASURED_S = 6.0
SAMPLES_PER_S = 200


class _Profile(NamedTuple):
    """A run under the profiler: its rate, and processor time per acknowledged send in µs, in all and by part."""

    acks_per_s: float
    cpu_us: float
    by_part: Mapping[str, float]


@click.command
@click.option("--seconds", type=float, default=MEASURED_S, show_default=True, help="Length of each run.")
def main(seconds: float) -> None:
    """Print the table of each shape."""
    for shape in SHAPES:
        least = _measured(shape, seconds, is_floor=True)
        ours = _measured(shape, seconds, is_floor=False)
        print(f"\n{shape.name}: floor {least.acks_per_s:,.0f} acks/s, {least.cpu_us:.0f} µs of processor time each,")
        print(f"reference {ours.acks_per_s:,.0f} acks/s, {ours.cpu_us:.0f} µs, of which")
        for part, cost_us in sorted(ours.by_part.items(), key=lambda item: -item[1]):
            print(f"  {part:<18} {cost_us:>7.1f} µs {cost_us / ours.cpu_us:>5.0%}", flush=True)


def _measured(shape: Shape, seconds: float, *, is_floor: bool) -> _Profile:
    with scratch() as directory:
        data = directory / "data"
        data.mkdir()
        with (floor if is_floor else reference)(shape, data) as served:
            return _profile(shape, served, directory, seconds)


def _profile(shape: Shape, served: Served, directory: Path, seconds: float) -> _Profile:
    raw, before = directory / "stacks", _thread_times(served.process)
    with _sampled(served.process, raw, WARM_UP_S + seconds):
        counted = measure(shape, served, directory, warm_up_s=WARM_UP_S, seconds=seconds)
    spent = {thread: spent_s - before.get(thread, 0.0) for thread, spent_s in _thread_times(served.process).items()}
    acks = counted.acks_per_s * (WARM_UP_S + seconds)
    by_part = parts.cost_by_part(list(parts.samples(raw.read_text())), spent)
    return _Profile(
        counted.acks_per_s, sum(spent.values()) / acks * 1e6,
        {part: cost_s / acks * 1e6 for part, cost_s in by_part.items()},
    )  # fmt: skip


def _thread_times(process: psutil.Process) -> dict[int, float]:
    """Thread → user and system time so far, in s."""
    return {thread.id: thread.user_time + thread.system_time for thread in process.threads()}


@contextmanager
def _sampled(process: psutil.Process, raw: Path, seconds: float) -> Iterator[None]:
    """py-spy beside the block; its stacks are in `raw` after it."""
    program = str(Path(sys.executable).parent / "py-spy")
    command = [
        program, "record", "--pid", str(process.pid), "--duration", str(round(seconds)), "--rate", str(SAMPLES_PER_S),
        "--threads", "--format", "raw", "--output", str(raw),
    ]  # fmt: skip
    profiler = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield
    if profiler.wait():
        raise click.ClickException("py-spy could not look into the server: it needs ptrace (root, or ptrace_scope 0)")


if __name__ == "__main__":
    main()
