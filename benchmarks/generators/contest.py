"""Our generator against others, in turn: processor time per message of the whole generator, Locust and all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import median

import psutil
import trio

import benchmarks
from benchmarks.generators.cost import Cost, cost
from benchmarks.generators.echoing import echoing
from benchmarks.generators.messages import SENDS_PER_S, USERS
from benchmarks.generators.plane import led, path_of, plan_of, talk_to_themselves
from benchmarks.processes import child, scratch
from benchmarks.results import Found, Required

ROUNDS = 3
MEASURED_S = 6.0
MAIN_S = 300.0
"""Longer than any measurement: the generator is ended when it has been measured."""
LEAST_TIMES_LOCUST = 5.0
LEAST_TIMES_BEST = 2.0
MOST_SERVER_SHARE = 0.7
"""Of a core: above it the echo server could be what is measured."""

Start = Callable[[str, Path], AbstractAsyncContextManager[psutil.Popen]]
"""Starts a generator against this URL, with this directory to record in."""

_HERE = Path(benchmarks.__file__).parent
_LOCUST = ("locust", "--headless", "--only-summary", "--skip-log")


@asynccontextmanager
async def _ours(url: str, directory: Path) -> AsyncIterator[psutil.Popen]:
    """Locust with a plane below it, recording everything, latency from the intended instant."""
    plan = plan_of(talk_to_themselves(USERS, USERS * SENDS_PER_S, MAIN_S), url, directory)
    locustfile = str(_HERE.parent / "loadtests" / "locustfile.py")
    locust = (*_LOCUST, "-f", locustfile, "-u", "1", "-r", "1")
    async with led(plan, *locust, env={"CHATPROOF_PLAN": str(path_of(plan))}) as generator:
        yield generator


@asynccontextmanager
async def _locust(locustfile: str, url: str, _: Path) -> AsyncIterator[psutil.Popen]:
    """Locust with blocking users."""
    users = ("-u", str(USERS), "-r", str(USERS), "--host", url)
    with child(*_LOCUST, "-f", str(_HERE / "generators" / locustfile), *users) as generator:
        yield generator


@asynccontextmanager
async def _asyncio(url: str, _: Path) -> AsyncIterator[psutil.Popen]:
    """Users as coroutines."""
    with child("benchmarks.generators.asyncio_users", url) as generator:
        yield generator


OURS = "chatproof"
WEBSOCKETS = "Locust + websockets.sync"
GENERATORS: Mapping[str, Start] = {
    OURS: _ours,
    WEBSOCKETS: partial(_locust, "locust_websockets.py"),
    "Locust + websocket-client": partial(_locust, "locust_websocket_client.py"),
    "asyncio + websockets": _asyncio,
}


def run(*, rounds: int = ROUNDS, seconds: float = MEASURED_S) -> Found:
    """Every generator in turn, some rounds."""
    costs = [{name: trio.run(_once, start, seconds) for name, start in GENERATORS.items()} for _ in range(rounds)]
    return found(costs)


async def _once(start: Start, seconds: float) -> Cost:
    with scratch() as directory, echoing() as echo:
        async with start(echo.url, directory) as generator:
            return await cost(echo, generator, seconds)


def found(costs: Sequence[Mapping[str, Cost]]) -> Found:
    """What rounds of costs say: how many times ours the others take, by the median of the rounds."""
    times = {
        name: median(each[name].ms_per_thousand / each[OURS].ms_per_thousand for each in costs)
        for name in costs[0]
    }  # fmt: skip
    busiest = max(each.server_share for round_ in costs for each in round_.values())
    best = min(others := [name for name in times if name not in (OURS, WEBSOCKETS)], key=times.__getitem__)
    lines = [
        f"{name:<26} {median(each[name].ms_per_thousand for each in costs):>7.1f} ms per 1,000 messages"
        f" {median(each[name].messages / each[name].seconds for each in costs):>8,.0f} messages/s {times[name]:>6.1f} x"
        for name in (OURS, WEBSOCKETS, *others)
    ]
    required = [
        Required(f"{WEBSOCKETS} takes", times[WEBSOCKETS], LEAST_TIMES_LOCUST, " times ours"),
        Required(f"the best other, {best}, takes", times[best], LEAST_TIMES_BEST, " times ours"),
        Required("the echo server's share of a core", busiest, MOST_SERVER_SHARE, at_most=True),
    ]
    return Found("the generator against others: processor time per message", lines, required)
