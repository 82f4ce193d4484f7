"""A returning device is caught up first and subscribed to the live stream afterwards.

Seen in: RocketChat/Rocket.Chat.ReactNative#7547, where messages between loading the missed ones and subscribing to the
room never arrived.
Replaces: the resume. It reads everything up to the frontier, then subscribes, which takes `SUBSCRIBE_S` as it does
through a broker, and goes on from wherever the stream is by then.
Caught by: whole-resume. The server says recovered and never sends what came between, nor that it did not.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from chatproof.protocol.errors import WireError
from chatproof.reference_server.composition import Parts
from chatproof.reference_server.ports.host import Page
from chatproof.reference_server.roles.gateway.reads import PageRequest
from chatproof.reference_server.roles.gateway.resume import Resume

SUBSCRIBE_S = 0.1


class _CatchUpFirst(Resume):
    def begin(self, frontier: int) -> None:
        self._upto = frontier
        self._advance()

    def _finish(self) -> None:
        asyncio.get_running_loop().call_later(SUBSCRIBE_S, self._ask_where_it_is)

    def _ask_where_it_is(self) -> None:
        nothing = PageRequest(self._follow.key, self._session.user, self._position, self._position, 1)
        try:
            self._reader.read(nothing, self._subscribe)
        except WireError as error:
            self._give_up(error)

    def _subscribe(self, page: Page | WireError) -> None:
        if isinstance(page, WireError):
            self._give_up(page)
        elif self._follow.active:
            self._subscriptions.add(self._follow)
            self._follow.release(page.head.seq)
            self._live(self._follow)


def broken(parts: Parts) -> Parts:
    """Subscribe last."""
    return replace(parts, resume=_CatchUpFirst)
