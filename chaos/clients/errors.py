"""What a client can meet. Each message is one sentence for a person.

    ClientError
    ├── LinkLost        a connection is gone, or never came to be
    ├── NotTheWire      the server sent something that is not of this wire
    └── Unanswered      too few messages were acknowledged in time
"""

from __future__ import annotations

from typing import Literal

ClosedBy = Literal["client", "server", "link"]
ClosedHow = Literal["clean", "abort", "half_open"]


class ClientError(Exception):
    """A client cannot go on with what it was doing."""


class LinkLost(ClientError):
    """A connection is gone: who ended it (`link`: nobody said so), how, and the close code, if there was one."""

    def __init__(self, sentence: str, by: ClosedBy, how: ClosedHow, code: int | None = None) -> None:
        super().__init__(sentence)
        self.by: ClosedBy = by
        self.how: ClosedHow = how
        self.code = code


class NotTheWire(ClientError):
    """The server sent something that is not of this wire."""


class Unanswered(ClientError):
    """Too few messages were acknowledged in time."""
