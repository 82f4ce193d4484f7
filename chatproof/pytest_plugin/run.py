"""One run of a scenario test: the stage, its members and its record, from the first process to a directory on disk."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import trio
from msgspec.structs import replace

from chatproof.backends import ports, toxiproxy
from chatproof.chaos.clients.device import Device, Identity
from chatproof.chaos.clients.member import Member
from chatproof.chaos.clients.recording import Recording
from chatproof.chaos.cluster import Cluster, local_cluster
from chatproof.chaos.links import Links
from chatproof.chaos.toxiproxy_api import ToxiproxyApi
from chatproof.chaos.world import LocalWorld
from chatproof.drivers.interface import (
    ConversationSpec,
    DeviceSpec,
    Driver,
    Endpoint,
    Provisioned,
    Roster,
    StartCommand,
)
from chatproof.drivers.registry import driver_named
from chatproof.pytest_plugin.nemesis import Nemesis
from chatproof.pytest_plugin.target import Target
from chatproof.pytest_plugin.wanted import Options, Wanted

NODE = "node-0"
READY_S = 30.0

CLOCK_VARIABLE = "CHATPROOF_CLOCK_OFFSET_FILE"
CLOCK_FILE_BYTES = 16
"""See `StartCommand.clock_offset`."""

CONNECT_S = 20.0
"""Longest time until everybody is live again at the end."""

DRAIN_S = 8.0
"""Longest time until everybody has what anybody has; on a healthy target it takes milliseconds."""

POLL_S = 0.05
AUDIT_PAGES = (7, 100)
"""Page sizes of the walks at the end: borders in different places."""


class Run(NamedTuple):
    """A run and its parts; `unfinished`: what a healthy target would have finished in time, a sentence each."""

    target: Target
    nemesis: Nemesis
    recording: Recording
    cluster: Cluster
    driver: Driver
    roster: Roster
    provisioned: Provisioned
    unfinished: list[str]


@asynccontextmanager
async def running(wanted: Wanted, options: Options, seed: int, directory: Path) -> AsyncIterator[Run]:
    """A target with its links and members, recorded, until the block ends.

    Raises:
        BackendError, ChaosError, DriverError: it cannot be set up; the message is one sentence.
    """
    for part in ("logs", "target"):
        (directory / part).mkdir(parents=True)
    origin_ns = time.monotonic_ns()
    recording = Recording(lambda: time.monotonic_ns() - origin_ns, directory / "frames.jsonl")
    recording.enter("setup")
    async with AsyncExitStack() as stack:
        stack.callback(recording.close)
        nursery = await stack.enter_async_context(trio.open_nursery())
        run = await _set(stack, nursery, wanted, options, seed, directory, recording, origin_ns)
        recording.enter("main")
        yield run
        nursery.cancel_scope.cancel()


async def _set(
    stack: AsyncExitStack, nursery: trio.Nursery, wanted: Wanted, options: Options, seed: int, directory: Path,
    recording: Recording, origin_ns: int,
) -> Run:
    """Start what is needed, in order; the stack ends it in reverse."""
    binary = await trio.to_thread.run_sync(toxiproxy.obtain)
    proxies = await stack.enter_async_context(toxiproxy.running(binary, logs=directory / "logs", seed=seed))
    driver = driver_named(options.driver)
    command = _start_command(driver, wanted, options, directory)
    cluster = await stack.enter_async_context(local_cluster(
        [command] if command else [], origin_ns=origin_ns, logs=directory / "logs", ready_within_s=READY_S
    ))
    nursery.start_soon(cluster.watch)
    nursery.start_soon(proxies.watch)
    links = Links(ToxiproxyApi(proxies.host, proxies.port))
    direct = command.endpoint if command else Endpoint(ws=options.ws, http=options.target.rstrip("/"))
    roster = roster_of(wanted)
    through = {device.link: await links.create(device.link, direct) for device in roster.devices}
    provisioned = await driver.provision(direct, roster, command.secret if command else options.secret)
    members = _members(wanted, roster, provisioned, through, recording, seed)
    for member in members:
        nursery.start_soon(member.run)
    nodes = cluster.nodes
    conversations = tuple(range(wanted.conversations))
    return Run(
        Target(options.target, nodes, members, conversations, seed),
        Nemesis(LocalWorld(links, cluster, through), nodes, origin_ns, recording.elapsed_ns),
        recording, cluster, driver, roster, provisioned, [],
    )  # fmt: skip


def roster_of(wanted: Wanted) -> Roster:
    """Users with a device each, on a link of its own, all in every group."""
    users = range(wanted.members)
    return Roster(
        users=wanted.members,
        devices=tuple(DeviceSpec(user, user, f"link-{user}") for user in users),
        conversations=tuple(ConversationSpec(conv, "group", tuple(users)) for conv in range(wanted.conversations)),
    )


def _start_command(driver: Driver, wanted: Wanted, options: Options, directory: Path) -> StartCommand | None:
    """How to start the target here; None where it is given by URL."""
    if not options.is_local:
        return None
    ws_port, http_port = ports.free_ports(2)
    command = driver.start_command(
        node=NODE, directory=str(directory / "target"), ws_port=ws_port, http_port=http_port,
        variant=options.mutant, storage=wanted.storage,
    )  # fmt: skip
    return _with_movable_clock(command, directory / "clock-offset") if wanted.movable_clock else command


def _with_movable_clock(command: StartCommand, path: Path) -> StartCommand:
    """The same target, told of a file that moves its clock; the reference server and its mutants look into it."""
    path.write_bytes(bytes(CLOCK_FILE_BYTES))
    return replace(command, env={**command.env, CLOCK_VARIABLE: str(path)}, clock_offset=str(path))


def _members(
    wanted: Wanted, roster: Roster, provisioned: Provisioned, through: dict[str, Endpoint], recording: Recording,
    seed: int,
) -> tuple[Member, ...]:
    make = partial(Device, recording=recording, seed=seed, heartbeat_s=wanted.heartbeat_s)
    return tuple(
        Member(make(
            Identity(
                device.dev, device.user, device.link, through[device.link].ws, provisioned.tokens[device.dev],
                provisioned.users, provisioned.conversations,
            ),
            watch=[other for other in provisioned.users if wanted.watch and other != device.user],
        ))
        for device in roster.devices
    )  # fmt: skip


async def finish(run: Run) -> None:
    """Let everybody come back and catch up, read everything twice, and say goodbye."""
    run.recording.enter("heal")
    with trio.move_on_after(CONNECT_S):
        async with trio.open_nursery() as nursery:
            for member in run.target.members:
                nursery.start_soon(member.connect)
    run.recording.enter("drain")
    with trio.move_on_after(DRAIN_S):
        while _behind(run.target):
            await trio.sleep(POLL_S)
    run.unfinished.extend(_behind(run.target))
    run.recording.enter("audit")
    with trio.move_on_after(CONNECT_S):
        await _audit(run.target)
    run.recording.enter("close")
    async with trio.open_nursery() as nursery:
        for member in run.target.members:
            nursery.start_soon(member.disconnect)


async def _audit(target: Target) -> None:
    """Two members read every conversation, each with pages of another size."""
    async with trio.open_nursery() as nursery:
        for member in target.members[:2]:
            for conv in target.conversations:
                for limit in AUDIT_PAGES:
                    nursery.start_soon(partial(member.walk, conv, limit=limit, purpose="audit"))


def _behind(target: Target) -> list[str]:
    """Who is not live, or lacks what somebody has, a sentence each."""
    away = [f"device {dev} has no live session" for dev in target.away()]
    heads = {conv: max(member.highest(conv) for member in target.members) for conv in target.conversations}
    lacking = [
        f"device {member.dev} has conversation {conv} up to seq {member.contiguous(conv)} of {head}"
        for member in target.members
        for conv, head in heads.items()
        if member.contiguous(conv) < head
    ]
    return away + lacking
