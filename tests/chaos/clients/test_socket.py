"""A WebSocket of the clients."""

from functools import partial

import pytest
import trio

from chatproof.chaos.clients.errors import LinkLost
from chatproof.chaos.clients.socket import Socket

pytestmark = pytest.mark.trio

PATIENCE_S = 20.0


async def test_a_refused_handshake_leaves_no_connection_open() -> None:
    """The server sees its end at once."""
    ended = trio.Event()

    async def refuse(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        assert b"" == await stream.receive_some()
        ended.set()

    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, refuse, 0, host="127.0.0.1"))
        url = f"ws://127.0.0.1:{listener.socket.getsockname()[1]}/"
        with pytest.raises(LinkLost, match="the handshake was refused"):
            await Socket.connect(url, PATIENCE_S, lambda direction, data: None)
        with trio.fail_after(PATIENCE_S):
            await ended.wait()
        nursery.cancel_scope.cancel()
