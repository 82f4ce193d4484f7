"""Events are numbered and pushed before the log has them; after a crash their seqs are given out again.

Seen in: openimsdk/open-im-server#3249 and turms-im/turms#1569, where a restart took a conversation's counter back.
Replaces: the conversation host, its log and its engine, as `ack-before-log` does; but what was cached is answered only
some time after the log has it, so that no acknowledged message is lost.
Caught by: one-id-per-seq. What was pushed just before kill -9 is gone after it, and another message has its seq.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from chatproof.mutants import ack_before_log
from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.commands import Answer
from chatproof.reference_server.core.fold import Fold
from chatproof.reference_server.engines.embedded.engine import EmbeddedEngine
from chatproof.reference_server.roles.conversations.host import Conversations

LATE_S = 0.15
"""From the log to the answer. Meanwhile others were pushed: a kill upon an answer finds some that the log has not."""

_Held = list[tuple[object, Sequence[Answer]]]


class _Patient(Conversations):
    def __init__(self, log: _Cache, engine: EmbeddedEngine, fold: Fold) -> None:
        super().__init__(log, *engine[1:], fold=fold)
        log.host = log.patient = self
        self.held: _Held = []

    def _settle(self, token: object, answers: Sequence[Answer]) -> None:
        self.held.append((token, answers))

    def answer(self, held: _Held) -> None:
        for token, answers in held:
            super()._settle(token, answers)
        if self._audience is not None:
            self._audience.flush()


class _Cache(ack_before_log.Cache):
    patient: _Patient

    def _flush(self) -> None:
        super()._flush()
        held, self.patient.held = self.patient.held, []
        self._writing = asyncio.ensure_future(self._answer_when_written(held))

    async def _answer_when_written(self, held: _Held) -> None:
        await self._log.drained()
        await asyncio.sleep(LATE_S)
        self.patient.answer(held)


def _host(engine: EmbeddedEngine, fold: Fold) -> Conversations:
    return _Patient(_Cache(engine.log), engine, fold)


def broken(parts: Parts) -> Parts:
    """Answer late, push early."""
    return replace(ack_before_log.broken(parts), host=_host)
