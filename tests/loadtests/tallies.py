"""What a plane says of itself, for tests of those who hear it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from chatproof.loadtests.control import Progress
from chatproof.loadtests.tally import Distribution, Tally
from chatproof.metrics.load import LATENCY_EDGES_S

NOTHING = Distribution((0,) * (len(LATENCY_EDGES_S) + 1), 0)
TALLY = Tally(
    rec=100, sends=10, ended={"ok": 9, "fail": 0, "unknown": 0}, arrivals=120, send_ack=NOTHING, delivery=NOTHING,
    presence=NOTHING, caught_up=NOTHING, lag_p99_ns=2_000_000, stall_max_ns=3_000_000, cpu_pct=25.0,
)  # fmt: skip


def progress(worker: int, *, t_ns: int = 1, **counted: Any) -> Progress:
    """The totals of a plane; `counted` replaces parts of its tally."""
    return Progress(worker, t_ns, 10, 9, 100, 0, 5, 1_000, replace(TALLY, **counted))
