"""What the outbox says of attempts and operations, in the harness's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatproof.drivers.interface import Answered, Settled
from chatproof.protocol.facts import Concluded, Fact
from chatproof.protocol.frames import SendOk

_NOTHING = SendOk("", 0, 0, 0, 0)


def observed(facts: Sequence[Fact]) -> list[Answered | Settled]:
    """The facts as observations, in their order."""
    return [_settled(fact) if isinstance(fact, Concluded) else _answered(fact) for fact in facts]


def _answered(fact: Any) -> Answered:
    reply = fact.reply or _NOTHING
    return Answered(
        fact.op, fact.attempt, fact.outcome, fact.code, fact.definite, reply.epoch, reply.seq, reply.msg_id,
        reply.duplicate,
    )


def _settled(fact: Concluded) -> Settled:
    reply = fact.reply if isinstance(fact.reply, SendOk) else _NOTHING
    return Settled(fact.op, fact.outcome, fact.code, fact.by, reply.epoch, reply.seq, reply.msg_id)
