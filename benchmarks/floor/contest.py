"""The reference server against the floor: the same load in turn, so that a drifting machine cancels out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec
import psutil

from benchmarks.floor.shapes import SHAPES, Counted, Member, Plan, Shape
from benchmarks.processes import output_of, scratch, server
from benchmarks.results import Found, Required
from benchmarks.servers import Reference
from benchmarks.servers import reference as reference_server
from chatproof.drivers.interface import ConversationSpec, DeviceSpec, Roster

PAIRS = 3
WARM_UP_S = 2.0
MEASURED_S = 6.0
LEAST_RATIO = 0.55
"""Of the floor's acks per second: what a server that folds, dedupes and checks membership must keep of them."""


class Served(NamedTuple):
    """A server that runs, and who may connect to it."""

    process: psutil.Popen
    url: str
    members: tuple[Member, ...]


Serve = Callable[[Shape, Path], AbstractContextManager[Served]]


@contextmanager
def floor(shape: Shape, directory: Path) -> Iterator[Served]:
    """The floor, with its log in this directory."""
    members = tuple(Member("", f"g{number // shape.group}") for number in range(shape.members))
    with server("benchmarks.floor.server", str(directory)) as (process, url):
        yield Served(process, url, members)


@contextmanager
def reference(shape: Shape, directory: Path) -> Iterator[Served]:
    """The reference server, with its data in this directory and everybody provisioned."""
    with reference_server(directory) as running:
        yield Served(running.process, running.endpoint.ws, _members(shape, running))


def _members(shape: Shape, running: Reference) -> tuple[Member, ...]:
    made = running.provision(roster_of(shape))
    return tuple(
        Member(made.tokens[user], made.conversations[user // shape.group]) for user in range(shape.members)
    )


def roster_of(shape: Shape) -> Roster:
    """A user and a device for each member; neighbours share a conversation."""
    devices = tuple(DeviceSpec(user, user, "direct") for user in range(shape.members))
    conversations = tuple(
        ConversationSpec(conv, "direct" if shape.group == 2 else "group", tuple(range(first, first + shape.group)))
        for conv, first in enumerate(range(0, shape.members, shape.group))
    )
    return Roster(shape.members, devices, conversations)


def measure(shape: Shape, served: Served, directory: Path, *, warm_up_s: float, seconds: float) -> Counted:
    """Put the load of a shape on a server that runs."""
    plan = Plan(served.url, served.members, shape.senders, warm_up_s, seconds)
    path = directory / "plan.json"
    path.write_bytes(msgspec.json.encode(plan))
    return msgspec.json.decode(output_of("benchmarks.floor.client", str(path)), type=Counted)


def run(*, pairs: int = PAIRS, seconds: float = MEASURED_S) -> Found:
    """All shapes, in pairs."""
    lines, required = [], []
    for shape in SHAPES:
        rates = [(_once(floor, shape, seconds), _once(reference, shape, seconds)) for _ in range(pairs)]
        ratio = median(ours.acks_per_s / least.acks_per_s for least, ours in rates)
        lines += _lines(shape, rates)
        required.append(Required(f"{shape.name}, of the floor's acks/s", ratio, LEAST_RATIO))
    return Found("the reference server against the floor: closed loop, fsynced acks", lines, required)


def _once(serve: Serve, shape: Shape, seconds: float) -> Counted:
    with scratch() as directory:
        data = directory / "data"
        data.mkdir()
        with serve(shape, data) as served:
            return measure(shape, served, directory, warm_up_s=WARM_UP_S, seconds=seconds)


def _lines(shape: Shape, pairs: Sequence[tuple[Counted, Counted]]) -> list[str]:
    lines = []
    for name, counted in (("floor", [pair[0] for pair in pairs]), ("reference", [pair[1] for pair in pairs])):
        acks, deliveries, p50, p95 = (
            median(msgspec.structs.astuple(each)[at] for each in counted) for at in range(4)
        )
        lines.append(
            f"{shape.name:<14} {name:<10} {acks:>8,.0f} acks/s {deliveries:>10,.0f} deliveries/s"
            f"   ack p50 {p50:.1f} ms, p95 {p95:.1f} ms"
        )
    return lines
