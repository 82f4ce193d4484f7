"""The composition root: which parts a node is made of, as a value, and how they are started and stopped together.

    Exception
    └── StartError     the node cannot start, in one sentence for the person who started it
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import uvloop

from chatproof.reference_server.core.fold import Fold, apply
from chatproof.reference_server.engines.embedded.bus import InProcessBus
from chatproof.reference_server.engines.embedded.disk import SystemDisk
from chatproof.reference_server.engines.embedded.engine import EmbeddedEngine, open_engine
from chatproof.reference_server.http.app import HttpServer, http_app
from chatproof.reference_server.http.node import Desk, Doors
from chatproof.reference_server.metrics import Metrics
from chatproof.reference_server.ports.bus import Bus
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.disk import Disk
from chatproof.reference_server.ports.log import LogError
from chatproof.reference_server.ports.store import StoreError
from chatproof.reference_server.roles.conversations.host import Conversations
from chatproof.reference_server.roles.gateway.fanout import FanOut
from chatproof.reference_server.roles.gateway.gateway import Gateway, Identity, MakeFanOut, MakeMessaging
from chatproof.reference_server.roles.gateway.messaging import Messaging
from chatproof.reference_server.roles.gateway.reads import PageReader
from chatproof.reference_server.roles.gateway.resume import Resume
from chatproof.reference_server.roles.gateway.streams import MakeResume
from chatproof.reference_server.roles.gateway.websocket import CLOSE_GRACE_S, listen
from chatproof.reference_server.roles.presence.board import Board
from chatproof.reference_server.settings import Settings, next_incarnation, token_secret
from chatproof.reference_server.tokens import Tokens


class StartError(Exception):
    """The node cannot start; the message is one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a node is made of, as factories. Another server is `dataclasses.replace(healthy_parts(), part=…)`.

    Attributes:
        disk: keeps databases and files; all that a node stores goes through it.
        engine: opens log, store, snapshots, clock and crash points over a directory of a disk.
        fold: what log records mean.
        host: the conversation host over an engine and a fold.
        bus: carries presence; the argument schedules a call in a later turn of the loop.
        board: the presence role of one node: name, incarnation, bus, clock, directory.
        resume: how one stream is caught up.
        fan_out: how folded events reach sessions.
        messaging: how sessions' durable commands are carried out.
    """

    disk: Disk
    engine: Callable[[Path, Disk], Awaitable[EmbeddedEngine]]
    fold: Fold
    host: Callable[[EmbeddedEngine, Fold], Conversations]
    bus: Callable[[Callable[[Callable[[], None]], object]], Bus]
    board: Callable[[Identity, Bus, Clock, Path], Board]
    resume: MakeResume
    fan_out: MakeFanOut
    messaging: MakeMessaging


def healthy_parts() -> Parts:
    """The parts of the server that keeps every promise."""
    return Parts(
        disk=SystemDisk(), engine=open_engine, fold=apply, host=_host, bus=InProcessBus, board=_board, resume=Resume,
        fan_out=FanOut, messaging=Messaging,
    )  # fmt: skip


def _host(engine: EmbeddedEngine, fold: Fold) -> Conversations:
    return Conversations(*engine, fold=fold)


def _board(identity: Identity, bus: Bus, clock: Clock, _directory: Path) -> Board:
    return Board(identity.node, identity.incarnation, bus, clock)


@dataclass(frozen=True, slots=True)
class Node:
    """A running node."""

    identity: Identity
    gateway: Gateway
    ws_port: int
    http_port: int


def run(settings: Settings, parts: Parts, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, then drain and return.

    Args:
        say: called with one line once the node serves.

    Raises:
        StartError: a port is taken, the directory cannot be used, or the data cannot be read.
    """
    uvloop.run(_serve_until_told(settings, parts, say))


async def _serve_until_told(settings: Settings, parts: Parts, say: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_node(settings, parts) as node:
        _settle_memory()
        where = f"ws://{settings.host}:{node.ws_port}/v1/ws http://{settings.host}:{node.http_port}"
        say(f"ready {node.identity.node} {node.identity.incarnation} {where}")
        await stop.wait()


def _settle_memory() -> None:
    """Collect less often: what was made so far lives as long as the process, and messages make no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@contextlib.asynccontextmanager
async def open_node(settings: Settings, parts: Parts) -> AsyncIterator[Node]:
    """A node that serves inside the block and drains at its end. Raises `StartError`."""
    with _bound(settings.host, settings.ws_port) as ws, _bound(settings.host, settings.http_port) as http:
        # Bound first, so that a taken port fails fast; listening last, so that nobody is let in too early.
        ground = await _open_ground(settings, parts)
        try:
            async with _serving(settings, parts, ground, ws, http) as node:
                yield node
        finally:
            await ground.host.close()


class _Ground(NamedTuple):
    """What a node stands on once its data is open."""

    identity: Identity
    tokens: Tokens
    clock: Clock
    host: Conversations


async def _open_ground(settings: Settings, parts: Parts) -> _Ground:
    with _start_errors(settings.directory):
        engine = await parts.engine(settings.directory, parts.disk)
        host = await _started(parts, engine)
        identity = Identity(settings.node, next_incarnation(parts.disk, settings.directory, engine.clock.wall_ns()))
        return _Ground(identity, Tokens(token_secret(parts.disk, settings.directory)), engine.clock, host)


async def _started(parts: Parts, engine: EmbeddedEngine) -> Conversations:
    """The host, ready; where it cannot be, the engine is closed again: it has threads that would outlive us."""
    host = parts.host(engine, parts.fold)
    try:
        await host.start()
    except BaseException:
        await engine.log.close()
        await engine.store.close()
        raise
    return host


class _Roles(NamedTuple):
    """The roles of a node beside the host; each has a `run`."""

    gateway: Gateway
    reader: PageReader
    board: Board


def _roles(settings: Settings, parts: Parts, ground: _Ground) -> _Roles:
    identity, tokens, clock, host = ground
    board = parts.board(identity, parts.bus(asyncio.get_running_loop().call_soon), clock, settings.directory)
    reader = PageReader(host)
    gateway = Gateway(
        host=host, reader=reader, board=board, tokens=tokens, identity=identity, clock=clock, resume=parts.resume,
        fan_out=parts.fan_out, messaging=parts.messaging,
    )  # fmt: skip
    return _Roles(gateway, reader, board)


def _web(settings: Settings, ground: _Ground, roles: _Roles, doors: Doors) -> HttpServer:
    identity, tokens, clock, host = ground
    statistics = {
        "host": host.statistics, "gateway": roles.gateway.statistics, "reads": roles.reader.statistics,
        "presence": roles.board.statistics,
    }  # fmt: skip
    metrics = Metrics(statistics, roles.gateway.ack_times)
    return HttpServer(http_app(Desk(host, clock, doors, identity), tokens, settings.admin_key, metrics))


@contextlib.asynccontextmanager
async def _serving(
    settings: Settings, parts: Parts, ground: _Ground, ws: socket.socket, http: socket.socket
) -> AsyncIterator[Node]:
    roles, doors = _roles(settings, parts, ground), Doors()
    web = _web(settings, ground, roles, doors)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(role.run()) for role in roles]
        answering = tasks.create_task(web.run_on(http))
        links = await listen(roles.gateway, ground.clock.monotonic_ns, ws)
        try:
            yield Node(ground.identity, roles.gateway, ws.getsockname()[1], http.getsockname()[1])
        finally:
            # Also when a role failed: links that are left open keep the loop from closing.
            doors.draining = True
            await roles.gateway.drain()
            web.should_exit = True
            await answering
            await _hang_up(links)
            for task in running:
                task.cancel()


async def _hang_up(links: asyncio.Server) -> None:
    """Accept no more, and give closed links a moment to take what was written."""
    links.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(links.wait_closed(), CLOSE_GRACE_S)


@contextlib.contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that is bound and does not listen yet."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise StartError(f"Port {port} on {host} cannot be used: {error.strerror or error}.") from error
        yield listener


@contextlib.contextmanager
def _start_errors(directory: Path) -> Iterator[None]:
    """Turn what can be wrong with the data directory into one sentence."""
    try:
        yield
    except (LogError, StoreError) as error:
        raise StartError(str(error)) from error
    except OSError as error:
        raise StartError(f"The data directory {directory} cannot be used: {error.strerror or error}.") from error
