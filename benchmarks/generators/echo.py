"""`python -m benchmarks.generators.echo`: acknowledges every send at once, and keeps nothing but the count.

Speaks enough of `chat.v1+json` that a device of the load sets itself up: hello, sub, presence, ping, receipt. There is
no fan-out, so a message is one frame in and one frame out. Prints `ready URL`; then, for each line on stdin, how many
sends it has acknowledged. The end of stdin ends it.
"""

from __future__ import annotations

import asyncio
import os
import sys

import msgspec
import uvloop
from msgspec import Struct
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

from chatproof.protocol.frames import (
    Cursor,
    Empty,
    HelloOk,
    Live,
    Pong,
    PresenceOk,
    Receipt,
    ReceiptOk,
    Request,
    Send,
    SendOk,
    Sub,
    SubOk,
)

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

    def answer(self, request: Request) -> bytes:
        """The reply, and behind it what must follow it."""
        if request.send is not None:
            return _reply(request.id, self._send(request.send))
        if request.sub is not None:
            return _reply(request.id, self._sub(request.sub)) + b"\n" + self._live(request.sub.stream)
        if request.receipt is not None:
            return _reply(request.id, _receipt(request.receipt))
        if request.hello is not None:
            return _reply(request.id, HelloOk("s", request.hello.token, "d", "echo", 1, Cursor(1, 0)))
        if request.presence is not None:
            return _reply(request.id, PresenceOk(()))
        return _reply(request.id, Empty() if request.ping is None else Pong((), 0))

    def _send(self, send: Send) -> SendOk:
        self.acked += 1
        seq = self._heads[send.conv] = self._heads.get(send.conv, 0) + 1
        return SendOk(send.conv, 1, seq, seq, 0)

    def _sub(self, sub: Sub) -> SubOk:
        return SubOk(sub.stream, True, Cursor(1, self._heads.get(sub.stream, 0)))

    def _live(self, stream: str) -> bytes:
        return b'{"live":%b}' % _encode(Live(stream, Cursor(1, self._heads.get(stream, 0))))


def _receipt(receipt: Receipt) -> ReceiptOk:
    return ReceiptOk(receipt.conv, max(receipt.delivered, receipt.read), receipt.read)


def _reply(request: int, ok: Struct) -> bytes:
    return b'{"id":%d,"ok":%b}' % (request, _encode(ok))


class _Link(WSListener):
    """One connection."""

    def __init__(self, echo: Echo) -> None:
        self._echo = echo

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            replies = [self._echo.answer(_decode(line)) for line in frame.get_payload_as_bytes().split(b"\n")]
            transport.send(WSMsgType.TEXT, b"\n".join(replies))
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
