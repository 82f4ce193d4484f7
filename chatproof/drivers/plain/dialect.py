"""What the author of a driver writes: one class that says how a service is spoken to."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, Literal

from chatproof.drivers.errors import DriverMistaken
from chatproof.drivers.interface import Endpoint, Provisioned, Roster
from chatproof.drivers.plain.words import Mark, Me, PageWanted, Post, Request, Response, Word

Said = str | bytes | Request
"""A WebSocket text frame or an HTTP request."""


class Dialect:
    """How one service writes and reads; the names in the claims are keys of `checkers.history.vocabulary.CLAIMS`.

    `provision`, `send` and `heard` must be written; the rest only where the claims or the service ask for it.
    Everything but `provision` is pure: nothing waits, nothing is kept.

    Attributes:
        claims: what the service promises. What is left out is not judged, and never asked for.
        ack_by_echo: an own message that comes back is the acknowledgement: there is no other.
        greets: a `Welcome` comes although `open` writes nothing.
        reads_backward: `history` can also be asked for the newest messages.
        quiet_s: a link on which something is waited for, and nothing came for so long, is given up. Where only others
            speak, the device pings: with `ping`, and at the level of WebSocket after this silence.
    """

    name: str = "plain"
    claims: Mapping[str, Any] = {}
    ack_by_echo: bool = False
    greets: bool = False
    reads_backward: bool = True
    quiet_s: float = 15.0

    def provision(
        self, endpoint: Endpoint, roster: Roster, secret: str  # noqa: ARG002
    ) -> Provisioned | Awaitable[Provisioned]:
        """Make users, credentials and rooms, new ones for each run. Raises `DriverError`.

        A plain method is called in a thread, so it may block; one that is `async` runs under trio.
        """
        raise DriverMistaken(f"The driver {self.name} has no method provision.")

    def url(self, ws: str, me: Me) -> str:  # noqa: ARG002
        """The WebSocket URL of a device, made of the target's."""
        return ws

    def headers(self, me: Me) -> Mapping[str, str]:  # noqa: ARG002
        """Headers of the WebSocket handshake and of every HTTP request."""
        return {}

    def open(self, me: Me) -> Sequence[str | bytes]:  # noqa: ARG002
        """The frames that log in. With none, the session is welcome as soon as it is open, unless the target greets."""
        return ()

    def follow(self, me: Me, rooms: Sequence[str], watched: Sequence[str]) -> Sequence[str | bytes]:  # noqa: ARG002
        """The frames after the welcome: which rooms to follow and whose presence to watch, where that must be said."""
        return ()

    def send(self, me: Me, post: Post) -> Said:  # noqa: ARG002
        """A message."""
        raise DriverMistaken(f"The driver {self.name} has no method send.")

    def mark(self, me: Me, mark: Mark) -> Said:  # noqa: ARG002
        """A receipt; asked for where receipts are claimed."""
        raise DriverMistaken(f"The driver {self.name} claims receipts and has no method mark.")

    def show(self, me: Me, ref: int, state: Literal["online", "offline"]) -> Said:  # noqa: ARG002
        """Show oneself online or offline; asked for where presence is claimed."""
        raise DriverMistaken(f"The driver {self.name} claims presence and has no method show.")

    def history(self, me: Me, page: PageWanted) -> Said:  # noqa: ARG002
        """A history page; asked for where history is claimed."""
        raise DriverMistaken(f"The driver {self.name} claims history and has no method history.")

    def ping(self, me: Me, ref: int) -> str | bytes | None:  # noqa: ARG002
        """A heartbeat of the service's own, which it answers with any frame; None leaves it to WebSocket's pings."""
        return None

    def heard(self, me: Me, frame: bytes) -> Iterable[Word]:  # noqa: ARG002
        """What a text frame says; what is of no interest says nothing."""
        raise DriverMistaken(f"The driver {self.name} has no method heard.")

    def answered(self, me: Me, asked: Post | Mark | PageWanted, answer: Response) -> Iterable[Word]:  # noqa: ARG002
        """What a successful HTTP answer says; 429, other refusals and failures are understood without it."""
        raise DriverMistaken(f"The driver {self.name} asks over HTTP and has no method answered.")
