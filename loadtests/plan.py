"""The plan of one run: everything a plane needs, written as plan.json into the run directory before the load starts."""

from __future__ import annotations

from msgspec import Struct

from chatproof.drivers.interface import Endpoint, Provisioned, Roster
from chatproof.drivers.registry import DriverSpec
from chatproof.loadtests.profiles import LoadProfile


class Plan(Struct, frozen=True, kw_only=True):
    """One run of one profile against one target.

    Attributes:
        origin_ns: CLOCK_MONOTONIC at the start of the run; every recorded instant is relative to it.
        wall_origin_ms: Unix time in ms at the same moment, the time part of keys.
        direct: the target without any link between (audit reads, probes).
        links: link name → the target as seen through that link.
        workers: how many planes share the roster; user u belongs to worker u % workers.
        control: the coordinator's address, see `address`.
        token: what a plane shows the coordinator to be let in.
        machine: `clock.machine` of the coordinator, empty: every plane is on that machine.
        connects_per_s: users whose devices begin to connect per second, 0: all at once.
        drain_ns: how long devices may take to reach the frontier.
        driver: what every plane loads its driver by.
        node: the one process of a target that was started here; empty where that is not known.
        receipts_rest_ns: how long sessions stay after their last receipt, so that markers can be seen at rest.
    """

    run_id: str
    run_dir: str
    seed: int
    profile: LoadProfile
    driver: DriverSpec
    roster: Roster
    provisioned: Provisioned
    direct: Endpoint
    links: dict[str, Endpoint]
    workers: int
    origin_ns: int
    wall_origin_ms: int
    control: str
    token: str = ""
    machine: str = ""
    connects_per_s: float = 0.0
    drain_ns: int = 30_000_000_000
    receipts_rest_ns: int = 5_000_000_000
    node: str = ""
