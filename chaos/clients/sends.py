"""What a device sends: each message under one key, tried again over lost links until its outcome is known."""

from __future__ import annotations

import secrets
import time
import uuid
from typing import Literal, NamedTuple

import trio

from chatproof.chaos.clients.device import Device
from chatproof.chaos.clients.recording import Row, body_of, hash_of
from chatproof.chaos.clients.session import Session
from chatproof.chaos.clients.wire import Position, Refused, Reply

GIVE_UP_S = 30.0
"""After so long without an outcome a send is unknown: longer than a restart, shorter than a test."""

RETRY_S = 0.1
"""Pause before another attempt where the server names none."""

Outcome = Literal["ok", "fail", "unknown"]


class Sent(NamedTuple):
    """A message and what became of it; `seq` is 0 unless it was acknowledged."""

    op: int
    conv: int
    key: str
    outcome: Outcome
    seq: int

    @property
    def dev(self) -> int:
        """The device that sent it."""
        return self.op >> 32


class _Attempt:
    """One try: its row, and the answer once there is one."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.at: Position | None = None
        self.refused: Refused | None = None


class Sender:
    """The sends of one device; any number may be under way at once."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._recording = device.recording
        self._count = 0
        self._attempts: dict[int, int] = {}

    async def send(self, conv: int, *, give_up_s: float = GIVE_UP_S) -> Sent:
        """Send a new message and try until its outcome is known, or for `give_up_s` seconds."""
        self._count += 1
        op, key = self._device.dev << 32 | self._count, uuid7()
        body = self._recording.bodies[op] = body_of(op)
        now_ns = self._recording.elapsed_ns()
        row = self._recording.add(
            "operations", self._device.dev, op=op, dev=self._device.dev, conv=conv, kind="send", u=key,
            body_hash=hash_of(body), body_len=len(body.encode()), expect="ok", intended_ns=now_ns, invoke_ns=now_ns,
            phase=self._recording.phase,
        )
        sent = Sent(op, conv, key, "unknown", 0)
        with trio.move_on_after(give_up_s):
            sent = await self._try_until_known(sent)
        self._settle(row, sent)
        return sent

    async def again(self, sent: Sent) -> Sent:
        """Try a message once more under its key, as a client does that forgot the answer; returns what came of it."""
        attempt = await self._attempt(sent)
        return _concluded(sent, attempt, definite=False)

    async def _try_until_known(self, sent: Sent) -> Sent:
        """Attempts until one settles it. It failed only if every attempt certainly did."""
        is_definite = True
        while True:
            attempt = await self._attempt(sent)
            is_definite = is_definite and attempt.refused is not None and attempt.refused.definite
            known = _concluded(sent, attempt, definite=is_definite)
            if known.outcome != "unknown":
                return known
            await trio.sleep((attempt.refused and attempt.refused.retry_after_s) or RETRY_S)

    async def _attempt(self, sent: Sent) -> _Attempt:
        """Wait for a session, and try once in it."""
        await self._device.until(lambda: self._device.session is not None)
        session = self._device.session
        assert session is not None, "it was there a moment ago"
        number = self._attempts[sent.op] = self._attempts.get(sent.op, 0) + 1
        attempt = _Attempt(self._recording.add(
            "attempts", self._device.dev, op=sent.op, attempt=number, session=session.number, transport="ws",
            node=session.node, invoke_ns=self._recording.elapsed_ns(), body_hash=hash_of(body_of(sent.op)),
        ))
        fields = {"conv": self._device.identity.conversations[sent.conv], "u": sent.key, "body": body_of(sent.op)}
        if not await session.ask("send", fields, lambda reply: self._answered(session, sent, attempt, reply)):
            self._recording.end(attempt.row, outcome="unknown")
        return attempt

    def _answered(self, session: Session, sent: Sent, attempt: _Attempt, reply: Reply) -> None:
        """An answer to an attempt, recorded as it comes in."""
        if reply.refused is not None:
            attempt.refused = reply.refused
            outcome: Outcome = "fail" if reply.refused.definite else "unknown"
            self._recording.end(
                attempt.row, outcome=outcome, code=reply.refused.code, definite=reply.refused.definite
            )
            return
        at, msg_id = Position(int(reply.ok["epoch"]), int(reply.ok["seq"])), int(reply.ok["msg_id"])
        attempt.at = at
        self._recording.end(
            attempt.row, outcome="ok", ack_epoch=at.epoch, ack_seq=at.seq, ack_msg_id=msg_id,
            duplicate=bool(reply.ok.get("duplicate", False)),
        )
        self._device.streams.acknowledged(session, sent.conv, sent.op, at, msg_id)

    def _settle(self, row: Row, sent: Sent) -> None:
        """The operation's outcome; one that is unknown stays open for whoever sees the message."""
        how = "none" if sent.outcome == "unknown" else "ack" if self._attempts[sent.op] == 1 else "retry"
        self._recording.end(row, outcome=sent.outcome, resolved_by=how, ack_seq=sent.seq or None)


def _concluded(sent: Sent, attempt: _Attempt, *, definite: bool) -> Sent:
    """What one attempt says of its message; `definite`: no attempt so far can have had an effect."""
    if attempt.at is not None:
        return sent._replace(outcome="ok", seq=attempt.at.seq)
    if attempt.refused is not None and definite and not attempt.refused.may_retry:
        return sent._replace(outcome="fail")
    return sent


def uuid7() -> str:
    """A key as RFC 9562 has it: 48 bits of Unix ms, version 7, 74 random bits."""
    bits = (time.time_ns() // 1_000_000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=bits))
