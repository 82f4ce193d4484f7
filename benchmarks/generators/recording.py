"""What recording costs: the same plane with its recorder and with one that writes nothing, in turn."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import trio

from benchmarks.generators.contest import MAIN_S, MEASURED_S
from benchmarks.generators.cost import Cost, cost
from benchmarks.generators.echoing import echoing
from benchmarks.generators.messages import SENDS_PER_S, USERS
from benchmarks.generators.plane import led, path_of, plan_of, plane_of, talk_to_themselves
from benchmarks.processes import scratch
from benchmarks.results import Found
from chatproof.loadtests.plan import Plan

PAIRS = 3


def run(*, pairs: int = PAIRS, seconds: float = MEASURED_S) -> Found:
    """Both in turn."""
    costs = [(trio.run(_once, plane_of, seconds), trio.run(_once, _unrecorded, seconds)) for _ in range(pairs)]
    on, off = (median(pair[which].ms_per_thousand for pair in costs) for which in (0, 1))
    share = median(1 - without.ms_per_thousand / with_.ms_per_thousand for with_, without in costs)
    line = f"recording {on:.1f} ms per 1,000 messages, not recording {off:.1f}: {share:.0%} of the plane's time"
    return Found("what recording costs the plane", [line], [])


async def _once(arguments: Callable[[Plan], tuple[str, ...]], seconds: float) -> Cost:
    with scratch() as directory, echoing() as echo:
        plan = plan_of(talk_to_themselves(USERS, USERS * SENDS_PER_S, MAIN_S), echo.url, directory)
        async with led(plan, *arguments(plan)) as plane:
            return await cost(echo, plane, seconds)


def _unrecorded(plan: Plan) -> tuple[str, ...]:
    return ("benchmarks.generators.unrecorded", str(path_of(plan)))
