"""What a session needs beyond one WebSocket: an address of its own, and requests over HTTP beside the frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple, Protocol, runtime_checkable

from chatproof.drivers.interface import Attempting, Observation

DENIALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""Answers to a handshake that are about who asks: the target works, and asking again brings nothing else."""


class Dial(NamedTuple):
    """How a device connects: URL, and headers of the handshake.

    `quiet_s`: a link on which nothing came for so long is pinged at the level of WebSocket, and given up when that is
    not answered for as long; 0: the session sees by itself that a link is dead.
    """

    url: str
    headers: Mapping[str, str] = {}
    quiet_s: float = 0.0


class HttpRequest(NamedTuple):
    """A request to send; `attempts` are those it carries, to be committed before. `ref` leads its answer back."""

    ref: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    attempts: tuple[Attempting, ...]


class HttpAnswer(NamedTuple):
    """What came back. Status 0: nothing did, and `reason` says why; whether the request had an effect is unknown."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    reason: str = ""


@runtime_checkable
class HttpSession(Protocol):
    """What a `Session` has in addition where its target wants it."""

    def dial(self, ws: str) -> Dial:
        """Where to connect, given the target's WebSocket URL."""
        ...

    def requests(self) -> Sequence[HttpRequest]:
        """What to send now over HTTP, in order; call it after `outgoing`."""
        ...

    def responded(self, ref: int, answer: HttpAnswer, now_ns: int) -> Sequence[Observation]:
        """The answer to a request came, or will not come."""
        ...
