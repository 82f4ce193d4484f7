"""What was sent with which key is forgotten when the server restarts.

Seen in: mattermost/mattermost#10006, where pending post ids were remembered in memory only.
Replaces: the conversation host. It recovers streams, members and markers, and begins with an empty dedupe memory.
Caught by: idempotent-send. A client that retries after the restart what took effect before it gets a second seq.
"""

from __future__ import annotations

from dataclasses import replace

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.fold import Fold
from chatproof.reference_server.core.memory import Memory
from chatproof.reference_server.engines.embedded.engine import EmbeddedEngine
from chatproof.reference_server.roles.conversations.host import Conversations


class _Forgetful(Conversations):
    async def start(self) -> None:
        await super().start()
        for state in self.states():
            state.memory = Memory()


def _host(engine: EmbeddedEngine, fold: Fold) -> Conversations:
    return _Forgetful(*engine, fold=fold)


def broken(parts: Parts) -> Parts:
    """Host conversations without a memory that outlives the process."""
    return replace(parts, host=_host)
