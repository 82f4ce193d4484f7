"""`python -m benchmarks.floor.server DIR`: a chat server without anything that can be left out.

It decodes, groups what arrived during the last commit into one fsynced transaction, gives each message its seq, encodes
the event once, and writes once per connection and batch. There is no fold, no dedupe, no membership, no resume, no
bound: whoever subscribes to a conversation is in it, and is alone in answering for that. Speaks as much of
`chat.v1+json` as `benchmarks.floor.client` does. Prints `ready URL`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

_decode = msgspec.json.Decoder().decode
_encode_text = msgspec.json.Encoder().encode


class _Link(WSListener):
    """One connection: takes requests, gathers what is to be written."""

    transport: WSTransport

    def __init__(self, server: Server) -> None:
        self._server = server
        self.out: list[bytes] = []

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            transport.disconnect()
            return
        for line in frame.get_payload_as_bytes().split(b"\n"):
            request = _decode(line)
            if "send" in request:
                self._server.take(self, request["id"], request["send"])
            else:
                self._greet(transport, request)

    def _greet(self, transport: WSTransport, request: dict[str, Any]) -> None:
        if "sub" in request:
            self._server.conversations.setdefault(request["sub"]["stream"], []).append(self)
        transport.send(WSMsgType.TEXT, b'{"id":%d,"ok":{}}' % request["id"])


_Sent = tuple[_Link, int, dict[str, str]]


class Server:
    """Links by conversation, and what waits for the next commit."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.conversations: dict[str, list[_Link]] = {}
        self._database = database
        self._heads: dict[str, int] = {}
        self._pending: list[_Sent] = []
        self._arrived = asyncio.Event()

    def take(self, link: _Link, request: int, send: dict[str, str]) -> None:
        """A message came in."""
        self._pending.append((link, request, send))
        self._arrived.set()

    async def run(self) -> None:
        """Commit what has arrived, tell everyone, and again."""
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            batch, self._pending = self._pending, []
            await loop.run_in_executor(None, self._commit, batch)
            self._tell(batch)

    def _commit(self, batch: list[_Sent]) -> None:
        rows = [(send["conv"], send["u"], send["body"]) for _, _, send in batch]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO log (conv, u, body) VALUES (?, ?, ?)", rows)
        self._database.execute("COMMIT")

    def _tell(self, batch: list[_Sent]) -> None:
        dirty: dict[_Link, None] = {}
        for link, request, send in batch:
            conv = send["conv"]
            seq = self._heads[conv] = self._heads.get(conv, 0) + 1
            event = b'{"ev":{"stream":"%b","seq":%d,"u":"%b","body":%b}}' % (
                conv.encode(), seq, send["u"].encode(), _encode_text(send["body"])
            )  # fmt: skip
            for member in self.conversations[conv]:
                if not member.out:
                    dirty[member] = None
                member.out.append(event)
            if not link.out:
                dirty[link] = None
            link.out.append(b'{"id":%d,"ok":{"seq":%d}}' % (request, seq))
        for link in dirty:
            link.transport.send(WSMsgType.TEXT, b"\n".join(link.out))
            link.out.clear()


async def serve(directory: Path) -> None:
    """Serve on a free port of the loopback until killed; the log is `directory`/log.db."""
    database = sqlite3.connect(directory / "log.db", check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE log (off INTEGER PRIMARY KEY, conv TEXT, u TEXT, body TEXT)")
    server = Server(database)
    listening = await ws_create_server(lambda _: _Link(server), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    print(f"ready ws://127.0.0.1:{port}/v1/ws", flush=True)
    await server.run()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
