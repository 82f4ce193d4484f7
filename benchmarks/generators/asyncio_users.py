"""`python -m benchmarks.generators.asyncio_users URL`: users as coroutines on uvloop, over `websockets`.

This is what aiolocust runs, without its OpenTelemetry span per message: aiolocust itself needs a free-threaded
Python 3.14 and cannot be installed where this project runs. Latency goes into the same histogram as ours.
"""

from __future__ import annotations

import asyncio
import sys
from time import monotonic_ns, perf_counter

import uvloop
from websockets.asyncio.client import connect

from benchmarks.generators.messages import SENDS_PER_S, USERS, Journal, message
from chatproof.loadtests.histograms import LatencyHistogram


async def user(url: str, number: int, acks: LatencyHistogram, journal: Journal) -> None:
    """Send at a constant rate, each message after the reply to the last."""
    async with connect(url, compression=None, proxy=None) as socket:
        at, sent = perf_counter() + number / USERS / SENDS_PER_S, 0
        while True:
            at = max(at + 1 / SENDS_PER_S, perf_counter())
            await asyncio.sleep(at - perf_counter())
            sent += 1
            sent_ns = monotonic_ns()
            await socket.send(message(number, sent))
            await socket.recv()
            done_ns = monotonic_ns()
            acks.add(done_ns - sent_ns)
            journal.note(number, sent, sent_ns, done_ns)


async def run(url: str) -> None:
    """All users, until killed."""
    acks, journal = LatencyHistogram("WS", "send → ack"), Journal()
    async with asyncio.TaskGroup() as tasks:
        for number in range(USERS):
            tasks.create_task(user(url, number, acks, journal))


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1]))
