"""History is sorted by time, and what has the same time stands in any order.

Seen in: RocketChat/Rocket.Chat#13926, where messages under load came in different orders to different members.
Replaces: the conversation host. Events of a history page that share a millisecond, as those of one group commit do,
are ordered by their random key.
Caught by: same-order-everywhere. A member who reads has two messages in the order opposite to everybody's live stream.
"""

from __future__ import annotations

from dataclasses import replace

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
        # The end of a key is random, its beginning is the sender's own clock.
        items = sorted(zip(page.events, page.lines, strict=True), key=lambda item: (item[0].ts, item[0].u[-12:]))
        return page._replace(events=[event for event, _ in items], lines=[line for _, line in items])


def _host(engine: EmbeddedEngine, fold: Fold) -> Conversations:
    return _SortedByTime(*engine, fold=fold)


def broken(parts: Parts) -> Parts:
    """Sort by what is not unique."""
    return replace(parts, host=_host)
