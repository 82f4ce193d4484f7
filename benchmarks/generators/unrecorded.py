"""`python -m benchmarks.generators.unrecorded PLAN`: the plane as it is, with a recorder that writes nothing."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import uvloop

from chatproof.drivers.registry import driver_of
from chatproof.loadtests.histograms import Snapshot
from chatproof.loadtests.plan import Plan
from chatproof.loadtests.plane.control_link import ControlLink
from chatproof.loadtests.plane.process import Plane, build


class Nowhere:
    """A `RowWriter` that forgets: rows are numbered, as the plane asks of it, and nothing else."""

    def __init__(self) -> None:
        self.last_rec = 0

    def appender(self, _name: str) -> Callable[..., int]:
        """See `RowWriter`."""
        return self._append

    def watermark(self, t_ns: int) -> None:
        """See `RowWriter`."""

    def close(self) -> None:
        """See `RowWriter`."""

    def _append(self, *_values: object) -> int:
        self.last_rec += 1
        return self.last_rec


async def run(plan: Plan) -> None:
    """The plane of a plan with one worker."""
    parts = build(plan, 0, driver_of(plan.driver), Nowhere())
    control = ControlLink.connect(plan.control)
    gc.collect()
    gc.freeze()
    gc.disable()
    await Plane(parts, 0, control, _drop_report).run()
    control.close()


def _drop_report(_: list[Snapshot]) -> None:
    """Nobody listens."""


if __name__ == "__main__":
    uvloop.run(run(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)))
