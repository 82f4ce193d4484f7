"""Which part of the server a sampled stack belongs to, and what each part costs. Pure.

A stack is a thread and its frames, outermost first, each `function (file:line)`, as py-spy writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

DECODE, LOG, FOLD, FAN_OUT, ANSWER, WRITE, STORE, LOOP = (
    "decode", "log", "fold", "fan-out", "answer", "write", "store", "loop and sockets"
)  # fmt: skip
PARTS = (DECODE, LOG, FOLD, FAN_OUT, ANSWER, WRITE, STORE, LOOP)

_THREADS = {"log": LOG, "store-writer": STORE, "store-reader": STORE}
"""Threads that do one thing, by the beginning of their names."""
_OWNERS = (
    ("Link.send", WRITE), ("Session.flush", WRITE), ("Session._send_split", WRITE),
    ("EmbeddedStore.", STORE), ("Harvest.store_batch", STORE), ("Recent.", STORE), ("EmbeddedLog._hand_over", LOG),
    ("Appending.", LOG), ("EmbeddedLog.append_nowait", LOG), ("Worker.", LOG), ("Partition.", FOLD),
    ("FanOut.folded", FAN_OUT), ("Conversations._settle", ANSWER), ("Conversations._look_behind", STORE),
    ("Session.receive", DECODE),
)  # fmt: skip
"""Functions that answer for whatever they call, by the beginning of their names. The innermost of a stack decides;
what no owner has called is the loop's: reading sockets and waiting."""
_FRAME = re.compile(r"^(?P<function>.*) \((?P<file>[^()]*)\)$")
_THREAD = re.compile(r"^thread \((?P<id>\d+)\): (?P<name>.*)$")


class Sample(NamedTuple):
    """A stack that was seen so many times."""

    thread: int
    name: str
    functions: Sequence[str]
    times: int


def samples(raw: str) -> Iterator[Sample]:
    """The samples of py-spy's raw format: `thread;frame;…;frame count` in each line."""
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        first, *frames = stack.split(";")
        thread = _THREAD.match(first)
        if thread is not None:
            functions = [found["function"] for frame in frames if (found := _FRAME.match(frame))]
            yield Sample(int(thread["id"]), thread["name"], functions, int(count))


def part_of(sample: Sample) -> str:
    """The part that a sample belongs to."""
    for prefix, part in _THREADS.items():
        if sample.name.startswith(prefix):
            return part
    for function in reversed(sample.functions):
        for prefix, part in _OWNERS:
            if function.startswith(prefix):
                return part
    return LOOP


def cost_by_part(taken: Sequence[Sample], cpu_s: Mapping[int, float]) -> dict[str, float]:
    """Processor seconds of each part: those of each thread, shared out by that thread's samples."""
    of_thread: dict[int, int] = {}
    for sample in taken:
        of_thread[sample.thread] = of_thread.get(sample.thread, 0) + sample.times
    costs = dict.fromkeys(PARTS, 0.0)
    for sample in taken:
        share = sample.times / of_thread[sample.thread]
        costs[part_of(sample)] += cpu_s.get(sample.thread, 0.0) * share
    return costs
