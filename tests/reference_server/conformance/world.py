"""A real node in this process and clients on real sockets, through a second implementation (`websockets`, `httpx`)."""

import asyncio
import contextlib
import itertools
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import websockets

from chatproof.protocol.keys import uuid7
from chatproof.reference_server.composition import Node, Parts, healthy_parts, open_node
from chatproof.reference_server.settings import Settings

ADMIN_KEY = "the admin key of the tests"
PATIENCE_S = 5.0
"""Longer than anything here may take; a test that waits this long has failed."""

Line = dict[str, Any]


def key() -> str:
    """A fresh idempotency key."""
    return uuid7(time.time_ns() // 1_000_000, secrets.randbits(74))


class Client:
    """One connection: replies by id, pushes in order."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.pushes: list[Line] = []
        self.frames = 0
        self._ids = itertools.count(1)
        self._replies: dict[int, Line] = {}
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def send(self, **command: Any) -> int:
        """Send one request; returns its id."""
        request_id = next(self._ids)
        await self.socket.send(json.dumps({"id": request_id, **command}))
        return request_id

    async def ask(self, **command: Any) -> Line:
        """Send one request and wait for its reply."""
        return await self.reply(await self.send(**command))

    async def ok(self, **command: Any) -> Line:
        """Send one request; its `ok`."""
        reply = await self.ask(**command)
        assert "ok" in reply, reply
        return dict(reply["ok"])

    async def error(self, **command: Any) -> str:
        """Send one request; the code of its error."""
        reply = await self.ask(**command)
        assert "error" in reply, reply
        return str(reply["error"]["code"])

    async def reply(self, request_id: int) -> Line:
        """Wait for a reply."""
        await self.wait(lambda: request_id in self._replies)
        return self._replies[request_id]

    async def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until what came in makes this true, or the link is closed."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: condition() or self._reading.done())
        assert condition(), f"the link was closed: {self.socket.close_code} {self.socket.close_reason}"

    async def closed(self) -> int | None:
        """Wait for the end of the link; its close code."""
        async with asyncio.timeout(PATIENCE_S):
            await self._reading
        return self.socket.close_code

    def events(self, stream: str) -> list[Line]:
        """Events of one stream, in the order they came."""
        return [push["ev"] for push in self.pushes if "ev" in push and push["ev"]["stream"] == stream]

    def seqs(self, stream: str) -> list[int]:
        """Their seqs."""
        return [event["seq"] for event in self.events(stream)]

    def of(self, kind: str) -> list[Line]:
        """Pushes of one kind."""
        return [push[kind] for push in self.pushes if kind in push]

    async def close(self) -> None:
        """Close cleanly."""
        await self.socket.close()
        await self._reading

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for frame in self.socket:
                self.frames += 1
                for line in str(frame).split("\n"):
                    self._take(json.loads(line))
                async with self._changed:
                    self._changed.notify_all()
        async with self._changed:
            self._changed.notify_all()

    def _take(self, line: Line) -> None:
        if "id" in line:
            assert line["id"] not in self._replies, "a second reply"
            self._replies[line["id"]] = line
        else:
            self.pushes.append(line)


class World:
    """A node and those who use it."""

    def __init__(self, node: Node, http: httpx.AsyncClient) -> None:
        self.node = node
        self.http = http
        self.ws_url = f"ws://127.0.0.1:{node.ws_port}/v1/ws"
        self._tokens: dict[tuple[str, str], str] = {}
        self._clients: list[Client] = []

    async def token(self, user: str, device: str = "phone") -> str:
        """A token of this device."""
        if (user, device) not in self._tokens:
            grants = {"grants": [{"user": user, "device": device}]}
            reply = await self.http.post("/v1/admin/tokens", headers={"X-Admin-Key": ADMIN_KEY}, json=grants)
            self._tokens[user, device] = reply.raise_for_status().json()["tokens"][0]
        return self._tokens[user, device]

    async def headers(self, user: str) -> dict[str, str]:
        """Credentials for HTTP."""
        return {"Authorization": f"Bearer {await self.token(user)}"}

    async def group(self, conv: str, *members: str, **options: Any) -> None:
        """Make a group; the first member owns it."""
        body = {"kind": "group", "conv_id": conv, "members": members, **options}
        reply = await self.http.post("/v1/conversations", headers=await self.headers(members[0]), json=body)
        assert 201 == reply.status_code, reply.text

    async def link(self) -> Client:
        """A connection that has not said hello."""
        client = Client(await websockets.connect(self.ws_url, open_timeout=PATIENCE_S))
        self._clients.append(client)
        return client

    async def client(self, user: str, device: str = "phone", *follow: str, **hello: Any) -> Client:
        """A device with a session that follows these streams from their heads."""
        client = await self.link()
        await client.ok(hello={"token": await self.token(user, device), **hello})
        for stream in follow:
            await client.ok(sub={"stream": stream})
        return client

    async def leave(self) -> None:
        """Close every connection."""
        for client in self._clients:
            await client.close()


@contextlib.asynccontextmanager
async def open_world(directory: Path, parts: Parts | None = None) -> AsyncIterator[World]:
    """A fresh node over a directory, gone at the end."""
    settings = Settings(directory=directory, admin_key=ADMIN_KEY)
    async with open_node(settings, parts or healthy_parts()) as node:
        base = f"http://127.0.0.1:{node.http_port}"
        async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_S, trust_env=False) as http:
            world = World(node, http)
            try:
                yield world
            finally:
                await world.leave()
