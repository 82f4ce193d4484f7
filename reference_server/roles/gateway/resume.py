"""Catching up with a stream: every event after a cursor in order, then `live`, while new events keep coming.

The place in the stream is subscribed *before* the first page is read, and holds live events back until the pages
have reached them. So nothing can fall between the pages and the live stream.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from chatproof.protocol.errors import CloseCode, WireError
from chatproof.protocol.frames import Gap
from chatproof.reference_server.ports.host import Page
from chatproof.reference_server.roles.gateway import bounds, wire
from chatproof.reference_server.roles.gateway.follow import Follow, Subscriptions
from chatproof.reference_server.roles.gateway.reads import PageRequest, Reader


class Catcher(Protocol):
    """What a resume needs of its session."""

    user: str
    paused: bool

    def push(self, line: bytes) -> None:
        """Queue one push."""
        ...

    def flush(self) -> None:
        """Write what is queued."""
        ...

    def when_writable(self, call: Callable[[], None]) -> None:
        """Call once the link reads again."""
        ...

    def close(self, code: int, reason: str) -> None:
        """End the session."""
        ...


class Resume:
    """One resume of one stream.

    Args:
        live: called once when the stream is caught up, to announce it.
    """

    def __init__(
        self, session: Catcher, follow: Follow, subscriptions: Subscriptions, reader: Reader,
        live: Callable[[Follow], None],
    ) -> None:  # fmt: skip
        self._session = session
        self._follow = follow
        self._subscriptions = subscriptions
        self._reader = reader
        self._live = live
        self._lines: deque[bytes] = deque()
        self._position = follow.position
        self._upto = follow.position

    def begin(self, frontier: int) -> None:
        """Subscribe, then read up to `frontier` and beyond if events did not fit while reading."""
        self._upto = frontier
        self._follow.hold()
        self._subscriptions.add(self._follow)
        self._advance()

    def _advance(self) -> None:
        if not self._follow.active:
            return
        self._upto = max(self._upto, self._follow.missed)
        if self._position >= self._upto:
            self._finish()
            return
        request = PageRequest(
            self._follow.key, self._session.user, self._position, self._upto, bounds.RESUME_PAGE
        )
        try:
            self._reader.read(request, self._page_came)
        except WireError as error:
            self._give_up(error)

    def _page_came(self, page: Page | WireError) -> None:
        if not self._follow.active:
            return
        if isinstance(page, WireError):
            self._give_up(page)
            return
        self._lines.extend(_lines(self._follow.stream, page))
        self._position = self._upto if page.complete else page.covered
        self._pump()

    def _pump(self) -> None:
        """Write the page as fast as the link takes it: a full buffer must not count as a slow consumer's."""
        while self._lines and self._follow.active:
            if self._session.paused:
                self._session.when_writable(self._pump)
                return
            size = 0
            while self._lines and size < bounds.RESUME_BYTES:
                line = self._lines.popleft()
                size += len(line)
                self._session.push(line)
            self._session.flush()
        self._advance()

    def _finish(self) -> None:
        self._follow.release(self._position)
        self._live(self._follow)

    def _give_up(self, error: WireError) -> None:
        # The client was told "recovered"; a broken promise must end the session, never pass in silence.
        self._session.close(CloseCode.DRAIN, f"The resume could not be finished: {error.reason}")


def _lines(stream: str, page: Page) -> Iterator[bytes]:
    """Events and gap notices of a page in order of seq."""
    hidden = deque(page.hidden)
    for event, line in zip(page.events, page.lines, strict=True):
        while hidden and hidden[0][0] < event.seq:
            yield wire.push("gap", Gap(stream, *hidden.popleft(), "hidden"))
        yield line
    for span in hidden:
        yield wire.push("gap", Gap(stream, *span, "hidden"))
