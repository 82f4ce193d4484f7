"""`python -m benchmarks.generators.echo`: acknowledges every send at once, and keeps nothing but the count.

A message is one frame in and one frame out, in the words of `chat.v1+json`. Prints `ready URL`; then, for each line on
stdin, how many sends it has acknowledged. The end of stdin ends it.
"""

from __future__ import annotations

import asyncio
import os
import sys

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

from chatproof.protocol.frames import Request, SendOk

BACKLOG = 1_024
_decode = msgspec.json.Decoder(Request).decode
_encode = msgspec.json.Encoder().encode


class Echo:
    """What all links share.

    Attributes:
        acked: sends acknowledged so far.
    """

    def __init__(self) -> None:
        self.acked = 0
        self._heads: dict[str, int] = {}

    def answer(self, frame: bytes) -> bytes:
        """The reply to a frame with one send."""
        request = _decode(frame)
        send = request.send
        assert send is not None, "generators send messages and nothing else"
        self.acked += 1
        seq = self._heads[send.conv] = self._heads.get(send.conv, 0) + 1
        return b'{"id":%d,"ok":%b}' % (request.id, _encode(SendOk(send.conv, 1, seq, seq, 0)))


class _Link(WSListener):
    """One connection."""

    def __init__(self, echo: Echo) -> None:
        self._echo = echo

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            transport.send(WSMsgType.TEXT, self._echo.answer(frame.get_payload_as_bytes()))
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()


async def serve() -> None:
    """Serve on a free port of the loopback until stdin ends."""
    echo, ended = Echo(), asyncio.Event()
    listening = await ws_create_server(lambda _: _Link(echo), "127.0.0.1", 0, backlog=BACKLOG)

    def asked() -> None:
        if os.read(sys.stdin.fileno(), 4_096):
            print(echo.acked, flush=True)
        else:
            ended.set()

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), asked)
    print(f"ready ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1/ws", flush=True)
    await ended.wait()


if __name__ == "__main__":
    uvloop.run(serve())
