"""History is sorted by time, and what several users did at the same time stands in any order.

Seen in: RocketChat/Rocket.Chat#13926, where messages under load came in different orders to different members.
Replaces: the conversation host. On a history page the users whose events share a millisecond, as those of one group
commit do, stand in an order of their own; what one of them did stays in its order, however fast it was done.
Caught by: same-order-everywhere. A member who reads has two messages in the order opposite to everybody's live stream.
"""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

from chatproof.protocol.frames import Event
from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.fold import Fold
from chatproof.reference_server.engines.embedded.engine import EmbeddedEngine
from chatproof.reference_server.ports.host import Page
from chatproof.reference_server.roles.conversations.host import Conversations
from chatproof.reference_server.roles.gateway.bounds import RESUME_PAGE


class _SortedByTime(Conversations):
    async def read(
        self, key: str, user: str, *, after: int, upto: int | None, limit: int, backward: bool = False
    ) -> Page:
        page = await super().read(key, user, after=after, upto=upto, limit=limit, backward=backward)
        if limit == RESUME_PAGE:  # a resume has a query of its own
            return page
        items = sorted(zip(page.events, page.lines, strict=True), key=lambda item: _time_and_user(item[0]))
        return page._replace(events=[event for event, _ in items], lines=[line for _, line in items])


def _time_and_user(event: Event) -> tuple[int, int]:
    return event.ts, crc32(f"{event.ts} {event.by}".encode())


def _host(engine: EmbeddedEngine, fold: Fold) -> Conversations:
    return _SortedByTime(*engine, fold=fold)


def broken(parts: Parts) -> Parts:
    """Sort by what is not unique."""
    return replace(parts, host=_host)
