"""`python -m chatproof.loadtests.plane PLAN --worker K [--pipe] [--segments DIR] [--control ADDRESS]`.

The exit code is 0 once the phase `close` is done, else 1. The recording goes into RUN/segments, or DIR.

With `--pipe`, histograms are written to stdout, one JSON line a second (what a driver prints goes to stderr), and the
end of stdin ends the plane: whoever started it is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import sys
from functools import partial
from pathlib import Path

import msgspec
import uvloop
from msgspec.structs import replace

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.segments import SegmentWriter
from chatproof.drivers.interface import DriverError
from chatproof.drivers.registry import driver_of
from chatproof.loadtests.clock import Offset, machine, measured
from chatproof.loadtests.control import Failed
from chatproof.loadtests.errors import CoordinatorLost, LoadError, PlaneFailed, leaves
from chatproof.loadtests.histograms import Snapshot
from chatproof.loadtests.own_stdout import take_stdout
from chatproof.loadtests.plan import Plan
from chatproof.loadtests.plane.control_link import ControlLink
from chatproof.loadtests.plane.process import Plane, build

_encoder = msgspec.json.Encoder()


def main(argv: list[str] | None = None) -> int:
    """Run one plane; says in one sentence why it failed."""
    parser = argparse.ArgumentParser(prog="chatproof.loadtests.plane", description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--worker", type=int, required=True)
    parser.add_argument("--pipe", action="store_true")
    parser.add_argument("--segments", type=Path, default=None)
    parser.add_argument("--control", default="")
    options = parser.parse_args(argv)
    problems: list[str] = []
    try:
        plan = _read(options.plan)
        plan = replace(plan, control=options.control or plan.control)
        segments = options.segments or Path(plan.run_dir) / "segments"
        uvloop.run(_run(plan, options.worker, segments, pipe=options.pipe))
    except* (LoadError, DriverError, HistoryError) as group:
        problems += [str(problem) for problem in leaves(group)]
    for problem in problems:
        print(f"plane {options.worker}: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _read(path: Path) -> Plan:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except (OSError, msgspec.DecodeError) as problem:
        raise PlaneFailed(f"the plan {path} cannot be read: {problem}") from problem


async def _run(plan: Plan, worker: int, segments: Path, *, pipe: bool) -> None:
    control = ControlLink.connect(plan.control)
    is_near = plan.machine in ("", machine())
    clock = Offset(0, 0) if is_near else measured(control.ask_clock)
    plan = replace(plan, origin_ns=plan.origin_ns - clock.offset_ns)
    parts = build(plan, worker, driver_of(plan.driver), SegmentWriter(segments, worker))
    plane = Plane(parts, worker, control, partial(_write_report, take_stdout()) if pipe else _drop_report, clock.err_ns)
    _spare_the_collector()
    _take_precedence()
    try:
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(_end_with_parent(worker)) if pipe else None
            await plane.run()
            if watch is not None:
                watch.cancel()
    except* (LoadError, DriverError, HistoryError) as group:
        with contextlib.suppress(CoordinatorLost):
            control.send(Failed(worker, str(next(leaves(group)))))
        raise
    finally:
        control.close()


def _spare_the_collector() -> None:
    """A full collection stops the loop for tens of ms; a plane lives for minutes and makes hardly any cycles."""
    gc.collect()
    gc.freeze()
    gc.disable()


def _take_precedence() -> None:
    """Run as soon as there is something to do, where the system lets us (root, or a limit for it).

    A generator that waits for a processor measures the machine, not the target. It needs a fifth of a core, so nobody
    starves; and where it does wait, its health says so.
    """
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


async def _end_with_parent(worker: int) -> None:
    """Raise once stdin is at its end."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), lambda: None if os.read(sys.stdin.fileno(), 4096) else ended.set())
    try:
        await ended.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    raise CoordinatorLost(f"the process that started plane {worker} is gone")


def _write_report(to: int, snapshots: list[Snapshot]) -> None:
    """One line; a parent that does not read must not stop the load."""
    with contextlib.suppress(BlockingIOError, BrokenPipeError):
        os.write(to, _encoder.encode(snapshots) + b"\n")


def _drop_report(_: list[Snapshot]) -> None:
    """Nobody listens."""


if __name__ == "__main__":
    raise SystemExit(main())
