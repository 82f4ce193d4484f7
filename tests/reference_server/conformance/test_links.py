"""Links on real sockets: heartbeat, close codes, fragments, a consumer that reads nothing, and the drain."""

import asyncio
import json

import pytest
import websockets

from chatproof.protocol import limits
from chatproof.protocol.errors import CloseCode
from tests.reference_server.conformance.world import PATIENCE_S, World, key, open_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_half_open_link_is_closed_within_its_heartbeat(world: World) -> None:
    """A peer that answers no ping is gone: watchers see it offline, the link ends."""
    watcher = await world.client("ann")
    await watcher.ok(presence={"watch": ["bob"]})
    reader, writer = await asyncio.open_connection("127.0.0.1", world.node.ws_port)
    request = (
        "GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    writer.write(request.encode())
    await reader.readuntil(b"\r\n\r\n")
    hello = json.dumps({"id": 1, "hello": {"token": await world.token("bob"), "heartbeat_ms": 500}}).encode()
    writer.write(bytes([0x81, 0xFE]) + len(hello).to_bytes(2, "big") + bytes(4) + hello)
    async with asyncio.timeout(PATIENCE_S):
        rest = await reader.read()
        assert CloseCode.HEARTBEAT.to_bytes(2, "big") in rest
        await watcher.wait(
            lambda: ["online", "offline"]
            == [item["state"] for push in watcher.of("presence") for item in push["users"]]
        )
    writer.close()


async def test_a_quiet_client_with_a_good_library_stays(world: World) -> None:
    """The library answers the server's pings: silence of the application is not death."""
    quiet = await world.client("bob", heartbeat_ms=500)
    other = await world.client("ann", heartbeat_ms=500)
    for _ in range(8):
        await asyncio.wait_for(other.ok(ping={}), PATIENCE_S)
        await (await quiet.socket.ping())
    assert (await quiet.ok(ping={}))["heads"] == []


@pytest.mark.parametrize(
    ("frame", "code"),
    [("nonsense", CloseCode.BAD_FRAME), (b"\x00\x01", CloseCode.BAD_FRAME), ("x" * (limits.MAX_FRAME_BYTES + 1), 1009)],
    ids=["nonsense", "binary", "too large"],
)
async def test_what_is_no_frame_of_ours_closes_the_link(world: World, frame: str | bytes, code: int) -> None:
    """With a code that says what was wrong; the neighbour notices nothing."""
    client, neighbour = await world.client("ann"), await world.client("bob")
    await client.socket.send(frame)
    assert code == await client.closed()
    await neighbour.ok(ping={})


async def test_a_fragmented_message_is_one_message(world: World) -> None:
    """Fragments are put together; the whole is bounded like a frame."""
    client = await world.client("ann")
    await client.socket.send(['{"id":77,', '"pi', 'ng":{}}'])
    assert "ok" in await client.reply(77)
    await client.socket.send(["x" * 100_000] * 4)
    assert CloseCode.BAD_FRAME == await client.closed()


async def test_another_path_is_not_found(world: World) -> None:
    """The port serves one resource."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"ws://127.0.0.1:{world.node.ws_port}/elsewhere")
    assert 404 == refused.value.response.status_code


async def test_a_newer_link_of_the_device_ends_the_older(world: World) -> None:
    """Close code 3500: the older one must not come back."""
    older = await world.client("ann")
    await world.client("ann")
    assert CloseCode.REPLACED == await older.closed()


async def test_a_consumer_that_reads_nothing_harms_nobody(world: World) -> None:
    """The conversation goes on for the others, and the slow one is told of its gap or closed with its own code."""
    ann, bob = await world.client("ann", "phone", "g"), await world.client("bob", "phone", "g")
    async with websockets.connect(world.ws_url, max_queue=1) as slow:
        await slow.send(json.dumps({"id": 1, "hello": {"token": await world.token("cleo")}}))
        await slow.send(json.dumps({"id": 2, "sub": {"stream": "g"}}))
        body = "x" * limits.MAX_BODY_BYTES
        for _ in range(30):
            ids = [await ann.send(send={"conv": "g", "u": key(), "body": body}) for _ in range(40)]
            assert "ok" in await asyncio.wait_for(ann.reply(ids[-1]), 2.0)
        await bob.wait(lambda: len(bob.seqs("g")) == 1200)
        async with asyncio.timeout(PATIENCE_S):
            assert await told(slow)


async def told(slow: websockets.ClientConnection) -> bool:
    """Read on until a gap notice or the close code of a slow consumer."""
    try:
        async for frame in slow:
            if any('{"gap":' in line[:8] for line in str(frame).split("\n")):
                return True
    except websockets.ConnectionClosed:
        return slow.close_code in {CloseCode.SLOW_CONSUMER, 1006}
    return False


async def test_a_draining_node_says_so_and_answers_what_it_took(tmp_path, anyio_backend: object) -> None:  # type: ignore[no-untyped-def]
    """Everything accepted is answered, everybody is told, the close code sends them elsewhere, and nothing is lost."""
    async with open_world(tmp_path) as world:
        await world.group("g", "ann")
        ann = await world.client("ann", "phone", "g")
        ids = [await ann.send(send={"conv": "g", "u": key(), "body": str(n)}) for n in range(50)]
        await ann.reply(ids[0])
        draining = asyncio.create_task(world.node.gateway.drain())
        assert CloseCode.DRAIN == await ann.closed()
        await draining
        replies = [await ann.reply(request_id) for request_id in ids]
        assert {"ok"} == {name for reply in replies for name in reply if name != "id"}
        assert 1 == len(ann.of("drain"))
    async with open_world(tmp_path) as world:
        again = await world.client("ann")
        assert 51 == (await again.ok(sub={"stream": "g"}))["head"]["seq"]
