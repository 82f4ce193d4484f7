"""`python -m benchmarks [PART …]`: every benchmark, or these; 1 where a required figure was missed.

Ratios come from runs that take turns on one machine, so they can be compared between machines; times and sizes cannot.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Mapping

import click

from benchmarks import connections, judging
from benchmarks.floor import contest as floor
from benchmarks.generators import contest as generators
from benchmarks.generators import recording, stall
from benchmarks.results import Found

PARTS: Mapping[str, Callable[[], Found]] = {
    "floor": floor.run, "generators": generators.run, "recording": recording.run, "stall": stall.run,
    "connections": connections.run, "judge": judging.run,
}  # fmt: skip


@click.command
@click.argument("parts", nargs=-1, type=click.Choice(tuple(PARTS)))
def main(parts: tuple[str, ...]) -> None:
    """Run these parts, or all, one after the other: each wants the machine for itself."""
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}")
    found = []
    for part in parts or tuple(PARTS):
        found.append(PARTS[part]())
        print(f"\n{found[-1]}", flush=True)
    missed = sum(len(each.missed) for each in found)
    print(f"\n{missed} required figures were missed" if missed else "\nevery required figure was reached")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
