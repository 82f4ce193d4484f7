"""Page reads as requests with a callback: what makes sessions synchronous although the store is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from chatproof.protocol.errors import WireError
from chatproof.reference_server.ports.host import Host, Page
from chatproof.reference_server.roles.gateway import bounds


class PageRequest(NamedTuple):
    """The arguments of `Host.read`."""

    key: str
    user: str
    after: int
    upto: int
    limit: int
    backward: bool = False


Read = Callable[[Page | WireError], None]


class Reader(Protocol):
    """Reads pages, later."""

    def read(self, request: PageRequest, done: Read) -> None:
        """Call `done` once with the page or the error. Raises `WireError` overloaded at the bound."""
        ...


class PageReader:
    """A bounded queue of page reads and the tasks that work it off, in the order asked."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._queue: asyncio.Queue[tuple[PageRequest, Read]] = asyncio.Queue(bounds.MAX_QUEUED_READS)

    def read(self, request: PageRequest, done: Read) -> None:
        """See `Reader`."""
        try:
            self._queue.put_nowait((request, done))
        except asyncio.QueueFull as full:
            raise WireError("overloaded", "Too many reads are waiting.", bounds.RETRY_AFTER_MS) from full

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(bounds.CONCURRENT_READS):
                workers.create_task(self._work())

    def statistics(self) -> Mapping[str, float]:
        """Gauges."""
        return {"queued": self._queue.qsize()}

    async def _work(self) -> None:
        while True:
            request, done = await self._queue.get()
            done(await self._page(request))

    async def _page(self, request: PageRequest) -> Page | WireError:
        try:
            return await self._host.read(
                request.key, request.user, after=request.after, upto=request.upto, limit=request.limit,
                backward=request.backward,
            )  # fmt: skip
        except WireError as error:
            return error
