"""The next page of history begins after the *time* of the last message, so what shares that time is skipped.

Seen in: many services; a cursor that is a timestamp. Old XMPP and IRC stamps have whole seconds, as this one has.
Replaces: the conversation host. A forward page that is not the last accounts for every event of its last second.
Caught by: stable-history. A walk with small pages lacks at their borders what a walk with larger pages returns.
"""

from __future__ import annotations

from dataclasses import replace

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.fold import Fold
from chatproof.reference_server.engines.embedded.engine import EmbeddedEngine
from chatproof.reference_server.ports.host import Page
from chatproof.reference_server.roles.conversations.host import Conversations
from chatproof.reference_server.roles.gateway.bounds import RESUME_PAGE


class _ByTheSecond(Conversations):
    async def read(
        self, key: str, user: str, *, after: int, upto: int | None, limit: int, backward: bool = False
    ) -> Page:
        page = await super().read(key, user, after=after, upto=upto, limit=limit, backward=backward)
        if page.complete or backward or limit == RESUME_PAGE:  # a resume has a query of its own
            return page
        rest = await super().read(key, user, after=page.covered, upto=upto, limit=limit)
        second = page.events[-1].ts // 1000
        skipped = [event.seq for event in rest.events if event.ts // 1000 == second]
        return page._replace(covered=max((page.covered, *skipped)))


def _host(engine: EmbeddedEngine, fold: Fold) -> Conversations:
    return _ByTheSecond(*engine, fold=fold)


def broken(parts: Parts) -> Parts:
    """Let a cursor be a time."""
    return replace(parts, host=_host)
