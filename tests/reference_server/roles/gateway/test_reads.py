"""Page reads: in the order asked, answered with a page or an error, bounded."""

import asyncio

import pytest

from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import Cursor
from chatproof.reference_server.ports.host import Page
from chatproof.reference_server.roles.gateway import bounds
from chatproof.reference_server.roles.gateway.reads import PageReader, PageRequest
from tests.reference_server.roles.gateway.bench import FakeHost

PAGE = Page([], [], [], 0, Cursor(1, 0), complete=True)


class SlowHost(FakeHost):
    """Answers each read when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[tuple[str, asyncio.Future[Page]]] = []
        self.changed = asyncio.Event()

    async def read(
        self, key: str, user: str, *, after: int, upto: int | None, limit: int, backward: bool = False
    ) -> Page:
        answer: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        self.reads.append((key, answer))
        self.changed.set()
        return await answer


def request(key: str) -> PageRequest:
    """Some page of a stream."""
    return PageRequest(key, "ann", 0, 1, 1)


@pytest.mark.anyio
async def test_reads_are_answered_with_page_or_error() -> None:
    """Several are under way at once; an error of the host is an answer too."""
    host = SlowHost()
    reader = PageReader(host)
    answers: asyncio.Queue[tuple[str, Page | WireError]] = asyncio.Queue()
    working = asyncio.create_task(reader.run())
    for key in ("a", "b"):
        reader.read(request(key), lambda page, key=key: answers.put_nowait((key, page)))  # type: ignore[misc]
    while len(host.reads) < 2:
        host.changed.clear()
        await host.changed.wait()
    error = WireError("stale_node")
    host.reads[1][1].set_exception(error)
    assert ("b", error) == await answers.get()
    host.reads[0][1].set_result(PAGE)
    assert ("a", PAGE) == await answers.get()
    assert ["a", "b"] == [key for key, _ in host.reads]
    working.cancel()


def test_waiting_reads_are_bounded() -> None:
    """Above the bound: overloaded, with a time to wait."""
    reader = PageReader(FakeHost())
    for _ in range(bounds.MAX_QUEUED_READS):
        reader.read(request("a"), lambda page: None)
    with pytest.raises(WireError, match="overloaded"):
        reader.read(request("a"), lambda page: None)
    assert {"queued": bounds.MAX_QUEUED_READS} == reader.statistics()
