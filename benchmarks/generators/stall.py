"""A target that stands still for 200 ms: does the generator's p99 tell, and at the right height?

The load is open: during the pause it goes on, and every message meant for it waits until the end of the pause. So the
right p99 follows from the schedule and from when the process was stopped and went on. A generator that waits for each
answer before it sends the next, and measures from the actual send, leaves out exactly the messages that would have
waited; what such a one would have seen follows from the same run, device by device.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import trio

from benchmarks.generators.echoing import Echoing, echoing
from benchmarks.generators.plane import led, plan_of, plane_of, talk_to_themselves
from benchmarks.processes import scratch
from benchmarks.results import Found, Required
from chatproof.checkers.history.merge import merge
from chatproof.checkers.history.parquet import read_table

USERS = 10
"""So few that the one slow message which each of them would see in a pause is less than a hundredth of all."""
SENDS_PER_S = 500.0
MAIN_S = 4.0
BEFORE_PAUSE_S = 1.5
PAUSE_S = 0.2
QUANTILE = 0.99
MOST_ERROR = 0.05
MOST_UNCORRECTED = 0.5
"""Of the right height: an uncorrected p99 above half of it would have noticed after all."""

Ints = npt.NDArray[np.int64]


class Sends(NamedTuple):
    """The acknowledged sends of a run, in ns since its origin, in the order in which they were meant."""

    device: Ints
    intended: Ints
    done: Ints


def run() -> Found:
    """One run with one pause."""
    with scratch() as directory:
        stopped_ns, resumed_ns = trio.run(_paused_run, directory)
        return found(_sends(directory), stopped_ns, resumed_ns)


async def _paused_run(directory: Path) -> tuple[int, int]:
    """When the target stood still and when it went on."""
    with echoing() as echo:
        plan = plan_of(talk_to_themselves(USERS, SENDS_PER_S, MAIN_S), echo.url, directory)
        async with led(plan, *plane_of(plan)):
            await trio.sleep(BEFORE_PAUSE_S)
            stopped_ns, resumed_ns = await _pause(echo)
            await trio.sleep(MAIN_S - BEFORE_PAUSE_S)
        return stopped_ns - plan.origin_ns, resumed_ns - plan.origin_ns


async def _pause(echo: Echoing) -> tuple[int, int]:
    stopped_ns = time.monotonic_ns()
    os.kill(echo.process.pid, signal.SIGSTOP)
    await trio.sleep(PAUSE_S)
    os.kill(echo.process.pid, signal.SIGCONT)
    return stopped_ns, time.monotonic_ns()


def _sends(run_dir: Path) -> Sends:
    """The plane was killed at the end: what it recorded stands in its segments."""
    merge(run_dir)
    table = read_table(run_dir, "operations")
    assert table is not None, "a plane that sent has recorded operations"
    rows = [row for row in table.to_pylist() if row["kind"] == "send" and row["outcome"] == "ok"]
    columns = np.array([(row["dev"], row["intended_ns"], row["done_ns"]) for row in rows], dtype=np.int64)
    columns = columns[np.argsort(columns[:, 1], kind="stable")]
    return Sends(columns[:, 0], columns[:, 1], columns[:, 2])


def found(sends: Sends, stopped_ns: int, resumed_ns: int) -> Found:
    """The three heights, and whether they are right."""
    right = _p99_ms(expected_ns(sends, stopped_ns, resumed_ns))
    corrected, uncorrected = _p99_ms(sends.done - sends.intended), _p99_ms(uncorrected_ns(sends))
    line = (
        f"{sends.done.size:,} sends, a pause of {(resumed_ns - stopped_ns) / 1e6:.0f} ms: p99 should be {right:.0f} ms,"
        f" is {corrected:.0f} ms; measured from the actual send of a client that waits, {uncorrected:.0f} ms"
    )
    required = [
        Required("corrected p99, off by", abs(corrected - right) / right, MOST_ERROR, at_most=True),
        Required("uncorrected p99, of the right height", uncorrected / right, MOST_UNCORRECTED, at_most=True),
    ]
    return Found("a target that stands still for 200 ms", [line], required)


def expected_ns(sends: Sends, stopped_ns: int, resumed_ns: int) -> Ints:
    """The latency of each send if the pause were its only cause."""
    waits = (stopped_ns <= sends.intended) & (sends.intended < resumed_ns)
    return np.where(waits, resumed_ns - sends.intended, 0)


def uncorrected_ns(sends: Sends) -> Ints:
    """The latencies that devices would have measured which send the next message only after the answer to the last."""
    free_ns: dict[int, int] = {}
    latencies = []
    for device, intended, done in zip(*(column.tolist() for column in sends), strict=True):
        latencies.append(done - min(done, max(intended, free_ns.get(device, 0))))
        free_ns[device] = done
    return np.array(latencies, dtype=np.int64)


def _p99_ms(latencies_ns: Ints) -> float:
    return float(np.quantile(latencies_ns, QUANTILE, method="higher")) / 1e6
