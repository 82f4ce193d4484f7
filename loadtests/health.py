"""How healthy the generator is, second by second: a sick one measures itself, not the target."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import psutil

from chatproof.loadtests.recorder import Recorder

SECOND_NS = 1_000_000_000
BEAT_NS = 10_000_000
"""How often the event loop should come round: how much later it does is a stall."""


def quantile(ordered: list[int], q: float) -> int:
    """The value at rank `q` of an ascending list, 0 for an empty one."""
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else 0


class Second(NamedTuple):
    """What one second was like: how late actions were started, the longest stall, how busy the plane was."""

    lag_p99_ns: int
    stall_max_ns: int
    cpu_pct: float


class Health:
    """Collects one second after the other; `roll` writes the one that is over, and `latest` keeps it.

    Instants are ns since the run's origin. `backlog` says how many actions are due and not started.
    """

    def __init__(
        self, recorder: Recorder, intended_in: Callable[[int, int], int], backlog: Callable[[int], int], now_ns: int
    ) -> None:
        self._recorder = recorder
        self._intended_in = intended_in
        self._backlog = backlog
        self._process = psutil.Process()
        self._second_ns = now_ns
        self._beat_ns = now_ns
        self._cpu_ns = time.process_time_ns()
        self._lags: list[int] = []
        self._stall_max_ns = 0
        self.latest = Second(0, 0, 0.0)

    def started(self, lag_ns: int) -> None:
        """A scheduled action was started this much after its intended time."""
        self._lags.append(lag_ns)

    def beat(self, now_ns: int) -> None:
        """The event loop came round; call it every `BEAT_NS`."""
        self._stall_max_ns = max(self._stall_max_ns, now_ns - self._beat_ns - BEAT_NS)
        self._beat_ns = now_ns
        if now_ns - self._second_ns >= SECOND_NS:
            self._roll(now_ns)

    def _roll(self, now_ns: int) -> None:
        """Write the second that is over. One that a stall made longer is one row, with all that was intended in it."""
        lags, cpu_ns = sorted(self._lags), time.process_time_ns()
        cpu_pct = 100 * (cpu_ns - self._cpu_ns) / (now_ns - self._second_ns)
        self.latest = Second(quantile(lags, 0.99), self._stall_max_ns, cpu_pct)
        self._recorder.health(
            t_ns=self._second_ns,
            intended=self._intended_in(self._second_ns, now_ns),
            started=len(lags),
            lag_ns=(quantile(lags, 0.5), self.latest.lag_p99_ns, lags[-1] if lags else 0),
            stall_max_ns=self._stall_max_ns,
            cpu_pct=cpu_pct,
            rss_bytes=self._process.memory_info().rss,
            backlog=self._backlog(now_ns),
        )
        self._recorder.watermark(now_ns)
        self._second_ns, self._cpu_ns = now_ns, cpu_ns
        self._lags, self._stall_max_ns = [], 0
