"""The probe against servers in the same process: an echo, and one that says what a test wants it to say."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import trio
from websockets.trio.server import ServerConnection, serve

from chatproof.backends import ports
from chatproof.chaos.errors import ProbeCut, ProbeSilent
from chatproof.chaos.probe import Probe, wait_through


async def echo(connection: ServerConnection) -> None:
    """Send every message back."""
    async for message in connection:
        await connection.send(message)


async def echo_server(nursery: trio.Nursery) -> str:
    """Start an echo server; its URL."""
    server = await nursery.start(partial(serve, echo, 0, host=ports.LOOPBACK))
    return f"ws://{ports.LOOPBACK}:{server.listeners[0].socket.getsockname()[1]}/"


async def raw_server(nursery: trio.Nursery, talk: Callable[[trio.SocketStream], Awaitable[None]]) -> str:
    """Start a TCP server that talks as it is told; its URL as a WebSocket's."""
    listeners = await nursery.start(partial(trio.serve_tcp, talk, 0, host=ports.LOOPBACK))
    return f"ws://{ports.LOOPBACK}:{listeners[0].socket.getsockname()[1]}/"


@pytest.mark.trio
async def test_a_round_trip_takes_time(nursery: trio.Nursery) -> None:
    """Against a healthy server each round trip succeeds and has a positive length."""
    probe = await Probe.connect(await echo_server(nursery), 5)
    assert all([await probe.round_trip(5) > 0 for _ in range(3)])
    await probe.aclose()


@pytest.mark.trio
async def test_nobody_there_is_a_cut() -> None:
    """A refused connection is a `ProbeCut`."""
    with pytest.raises(ProbeCut, match="refused"):
        await Probe.connect(f"ws://{ports.LOOPBACK}:{ports.free_ports(1)[0]}/", 5)


@pytest.mark.trio
async def test_a_server_that_says_nothing_is_silent(nursery: trio.Nursery) -> None:
    """A connection that is accepted and never answered is a `ProbeSilent` after the bound."""

    async def say_nothing(_: trio.SocketStream) -> None:
        await trio.sleep_forever()

    with pytest.raises(ProbeSilent, match="no connection within 50 ms"):
        await Probe.connect(await raw_server(nursery, say_nothing), 0.05)


@pytest.mark.trio
async def test_a_refused_handshake_is_a_cut(nursery: trio.Nursery) -> None:
    """A server that answers, but no upgrade, is told apart from one that is silent."""

    async def refuse(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    with pytest.raises(ProbeCut, match="handshake was refused"):
        await Probe.connect(await raw_server(nursery, refuse), 5)


@pytest.mark.trio
async def test_a_late_answer_does_not_count_for_the_next_ping(nursery: trio.Nursery) -> None:
    """Each round trip waits for the answer to its own ping: what was held back and came later proves nothing."""
    held = trio.Event()
    url = await echo_server(nursery)
    port = int(url.rsplit(":")[-1].strip("/"))

    async def forward(source: trio.SocketStream, sink: trio.SocketStream, gate: trio.Event | None) -> None:
        handshake = await source.receive_some()
        await sink.send_all(handshake)
        async for data in source:
            if gate is not None:
                await gate.wait()
            await sink.send_all(data)

    async def hold_back(stream: trio.SocketStream) -> None:
        async with await trio.open_tcp_stream(ports.LOOPBACK, port) as upstream, trio.open_nursery() as both:
            both.start_soon(forward, stream, upstream, None)
            both.start_soon(forward, upstream, stream, held)

    probe = await Probe.connect(await raw_server(nursery, hold_back), 5)
    with pytest.raises(ProbeSilent):
        await probe.round_trip(0.05)
    held.set()
    assert await probe.round_trip(5) > 0
    await probe.aclose()


@pytest.mark.trio
async def test_a_cut_is_seen(nursery: trio.Nursery) -> None:
    """A connection that the other side drops is cut, in words."""
    async with trio.open_nursery() as servers:
        probe = await Probe.connect(await echo_server(servers), 5)
        servers.cancel_scope.cancel()
    assert await probe.wait_cut(5) in {"the connection was closed", "the connection was reset"}
    await probe.aclose()


@pytest.mark.trio
async def test_no_cut_is_no_cut(nursery: trio.Nursery) -> None:
    """A connection that stays is not called cut."""
    probe = await Probe.connect(await echo_server(nursery), 5)
    with pytest.raises(ProbeSilent, match="the connection was not cut within 50 ms"):
        await probe.wait_cut(0.05)
    await probe.aclose()


@pytest.mark.trio
async def test_waiting_through_outlasts_a_refusal(nursery: trio.Nursery) -> None:
    """A server that comes up while the probe waits is reached."""
    (port,) = ports.free_ports(1)

    async def come_up() -> None:
        await trio.testing.wait_all_tasks_blocked(0.01)
        await serve(echo, port, host=ports.LOOPBACK)

    nursery.start_soon(come_up)
    assert await wait_through(f"ws://{ports.LOOPBACK}:{port}/", 10) > 0


@pytest.mark.trio
async def test_waiting_through_ends() -> None:
    """Where nothing comes up the last error is raised when the bound is over."""
    with trio.fail_after(5), pytest.raises(ProbeCut):
        await wait_through(f"ws://{ports.LOOPBACK}:{ports.free_ports(1)[0]}/", 0.1)
