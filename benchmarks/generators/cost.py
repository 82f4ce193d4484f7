"""What a message costs a generator: its processor time over some seconds of steady load, by the server's count."""

from __future__ import annotations

from typing import NamedTuple

import psutil
import trio

from benchmarks.generators.echoing import Echoing
from benchmarks.processes import cpu_s

WARM_MESSAGES = 3_000
WARM_WITHIN_S = 60.0
_LOOK_S = 0.1


class Cost(NamedTuple):
    """Of `messages` in `seconds`: processor time of the generator and of the echo server, in s."""

    seconds: float
    messages: int
    generator_s: float
    server_s: float

    @property
    def ms_per_thousand(self) -> float:
        """Processor time of the generator per 1,000 messages, in ms."""
        return self.generator_s / self.messages * 1e6

    @property
    def server_share(self) -> float:
        """How much of a core the echo server took."""
        return self.server_s / self.seconds


async def cost(echo: Echoing, generator: psutil.Process, seconds: float) -> Cost:
    """Wait until the load is steady, then measure. Raises `trio.TooSlowError` where it never is."""
    with trio.fail_after(WARM_WITHIN_S):
        while echo.acked() < WARM_MESSAGES:
            await trio.sleep(_LOOK_S)
    begun_s, begun, generator_s, server_s = trio.current_time(), echo.acked(), cpu_s(generator), cpu_s(echo.process)
    await trio.sleep(seconds)
    return Cost(
        trio.current_time() - begun_s, echo.acked() - begun, cpu_s(generator) - generator_s,
        cpu_s(echo.process) - server_s,
    )  # fmt: skip
