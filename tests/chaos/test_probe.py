"""The probe against servers in the same process: an echo, and one that says what a test wants it to say."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import trio
from websockets.trio.server import ServerConnection, serve

from chatproof.backends import ports
from chatproof.chaos.errors import HandshakeRefused, ProbeCut, ProbeSilent, TurnedAway
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
async def test_what_is_no_websocket_is_no_cut(nursery: trio.Nursery) -> None:
    """A server that answers, but no upgrade, is told apart from one that is silent and from one that is gone."""
    with pytest.raises(HandshakeRefused, match="HTTP 404"):
        await Probe.connect(await raw_server(nursery, saying("404 Not Found")), 5)


def saying(status: str, told: trio.Event | None = None) -> Callable[[trio.SocketStream], Awaitable[None]]:
    """A server that refuses every handshake with a status, the second one only when it is told."""
    asked = 0

    async def refuse(stream: trio.SocketStream) -> None:
        nonlocal asked
        await stream.receive_some()
        asked += 1
        if told is not None and 1 < asked:
            await told.wait()
        await stream.send_all(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    return refuse


@pytest.mark.trio
@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_a_target_that_asks_who_it_is_answers(nursery: trio.Nursery, status: str) -> None:
    """Being turned away for want of a credential is a round trip, and its absence is silence."""
    told = trio.Event()
    probe = await Probe.connect(await raw_server(nursery, saying(status, told)), 5)
    with pytest.raises(ProbeSilent):
        await probe.round_trip(0.05)
    told.set()
    assert await probe.round_trip(5) > 0
    await probe.aclose()


@pytest.mark.trio
async def test_a_target_that_closes_upon_strangers_answers(nursery: trio.Nursery) -> None:
    """So does one that shakes every hand and then closes with a code."""

    async def close(connection: ServerConnection) -> None:
        await connection.aclose(4401, "who are you?")

    server = await nursery.start(partial(serve, close, 0, host=ports.LOOPBACK))
    url = f"ws://{ports.LOOPBACK}:{server.listeners[0].socket.getsockname()[1]}/"
    assert await wait_through(url, 5) > 0


@pytest.mark.trio
async def test_a_target_that_closes_in_good_order_cuts_nothing(nursery: trio.Nursery) -> None:
    """That a connection ends by the target's own closing frame is no effect of a fault."""
    told = trio.Event()

    async def close_when_told(connection: ServerConnection) -> None:
        await told.wait()
        await connection.aclose(1001, "going away")

    server = await nursery.start(partial(serve, close_when_told, 0, host=ports.LOOPBACK))
    probe = await Probe.connect(f"ws://{ports.LOOPBACK}:{server.listeners[0].socket.getsockname()[1]}/", 5)
    told.set()
    with pytest.raises(TurnedAway, match="going away"):
        await probe.wait_cut(5)
    await probe.aclose()


@pytest.mark.trio
async def test_a_cut_is_seen_where_nobody_is_let_in(nursery: trio.Nursery) -> None:
    """Without a connection to hold, the next one that is made is cut, or all of them are answered."""
    async with trio.open_nursery() as servers:
        url = await raw_server(servers, saying("401 Unauthorized"))
        probe = await Probe.connect(url, 5)
        with pytest.raises(ProbeSilent, match="the connection was not cut within 120 ms"):
            await probe.wait_cut(0.12)
        servers.cancel_scope.cancel()
    assert "the connection was refused" in await probe.wait_cut(5)


@pytest.mark.trio
async def test_a_late_answer_does_not_count_for_the_next_ping(nursery: trio.Nursery) -> None:
    """Each round trip waits for the answer to its own ping: what was held back and came later proves nothing."""
    held = trio.Event()
    url = await echo_server(nursery)
    port = int(url.rsplit(":")[-1].strip("/"))

    async def forward(source: trio.SocketStream, sink: trio.SocketStream, gate: trio.Event | None) -> None:
        for _ in ("handshake", "first ping"):
            await sink.send_all(await source.receive_some())
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
