"""The HTTP requests of a plane's devices: each takes its device's link, and its answer goes back to the session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import httpx

from chatproof.drivers.http import HttpAnswer, HttpRequest
from chatproof.drivers.interface import Endpoint
from chatproof.drivers.trust import trusting
from chatproof.loadtests.plane.dialling import http_address

TIMEOUT_S = 5.0
"""An answer that takes longer is none: the session counts its question as unknown then, too."""

CONNECTIONS = 64
"""Open connections per link and plane."""

Answered = Callable[[int, HttpAnswer], None]
"""Takes the request's reference and its answer."""


class Errands:
    """Sends requests, each a task of the plane's: an error in what its answer leads to ends the plane."""

    def __init__(self, links: Mapping[str, Endpoint]) -> None:
        self._links = links
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._tasks: asyncio.TaskGroup | None = None

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """From now on requests can be sent."""
        self._tasks = tasks

    def send(self, link: str, request: HttpRequest, answered: Answered) -> None:
        """Send a request now; `answered` is called once, with status 0 where no answer came."""
        assert self._tasks is not None, "a session asks over HTTP before its plane runs"
        self._tasks.create_task(self._send(self._client(link), self._links[link], request, answered))

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.aclose()

    def _client(self, link: str) -> httpx.AsyncClient:
        if link not in self._clients:
            verify = trusting(self._links[link]) or True
            limits = httpx.Limits(max_connections=CONNECTIONS)
            self._clients[link] = httpx.AsyncClient(limits=limits, timeout=TIMEOUT_S, trust_env=False, verify=verify)
        return self._clients[link]

    async def _send(
        self, client: httpx.AsyncClient, endpoint: Endpoint, request: HttpRequest, answered: Answered
    ) -> None:
        base, host, extensions = http_address(endpoint)
        content_type = {"Content-Type": "application/json"} if request.body else {}
        try:
            response = await client.request(
                request.method, base + request.path, content=request.body,
                headers={**content_type, **host, **request.headers}, extensions=extensions,
            )
        except httpx.HTTPError as problem:
            answered(request.ref, HttpAnswer(0, {}, b"", str(problem) or type(problem).__name__))
            return
        answered(request.ref, HttpAnswer(response.status_code, dict(response.headers), response.content))
