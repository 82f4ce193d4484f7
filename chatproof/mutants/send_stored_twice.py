"""A send whose answer may not have arrived is retried upstream, under a key of the gateway's own, and stored twice.

Seen in: matrix-org/synapse#3365, where a slow send was retried between two workers and stored several times.
Replaces: how the gateway carries sends out. It counts an answer as arrived when the link still stands `PATIENCE_S`
later; otherwise it submits the message again, and its fresh key is new to the fold.
Caught by: idempotent-send. One message of the client, sent with one key, stands at two seqs.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import replace
from functools import partial

from msgspec import structs

from chatproof.protocol.frames import Send
from chatproof.protocol.keys import uuid7
from chatproof.reference_server.composition import Parts
from chatproof.reference_server.core.commands import Answer, Appended, SendMessage
from chatproof.reference_server.roles.gateway import records
from chatproof.reference_server.roles.gateway.messaging import Messaging
from chatproof.reference_server.roles.gateway.session import Session

PATIENCE_S = 0.25


class _RetriedUpstream(Messaging):
    def send(self, session: Session, request_id: int, send: Send) -> None:
        message = records.send_record(session.user, session.device, send)
        self._host.submit(message, partial(self._stored, session, request_id, self._now_ns(), message))

    def _stored(
        self, session: Session, request_id: int, begun_ns: int, message: SendMessage, answer: Answer
    ) -> None:
        self._sent(session, request_id, begun_ns, answer)
        if isinstance(answer.outcome, Appended):
            asyncio.get_running_loop().call_later(PATIENCE_S, self._doubt, session, message)

    def _doubt(self, session: Session, message: SendMessage) -> None:
        if session.state == "closed":
            own_key = uuid7(time.time_ns() // 1_000_000, secrets.randbits(74))
            self._host.submit(structs.replace(message, u=own_key), lambda _: None)


def broken(parts: Parts) -> Parts:
    """Retry upstream what may not have been answered."""
    return replace(parts, messaging=_RetriedUpstream)
