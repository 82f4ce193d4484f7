"""A member on a fake server that plays a small conversation, and what it recorded."""

import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from chatproof.chaos.clients.device import Device, Identity
from chatproof.chaos.clients.member import Member
from chatproof.chaos.clients.recording import Recording
from tests.chaos.clients.fake_server import FakeServer, Fields, Line, fake_server

CONV = "room"
PATIENCE_S = 20.0

Answer = Callable[[int, Fields], Sequence[Line]]


def at(seq: int) -> dict[str, int]:
    """A cursor in the only epoch."""
    return {"epoch": 1, "seq": seq}


def live(seq: int) -> Line:
    """The stream is live up to here."""
    return {"live": {"stream": CONV, "cursor": at(seq)}}


def event(seq: int, body: str = "hello") -> Line:
    """A message of somebody else."""
    fields = {"stream": CONV, **at(seq), "ts": 1, "kind": "message", "by": "u9", "msg_id": seq, "body": body}
    return {"ev": fields}


def ack(seq: int, *, duplicate: bool = False) -> Line:
    """The answer to a send."""
    return {"ok": {"conv": CONV, **at(seq), "msg_id": seq, "ts": 1, "duplicate": duplicate}}


def refusal(code: str, retry: str = "no") -> Line:
    """An error."""
    return {"error": {"code": code, "reason": "because", "retry": retry}}


def subscribed(seq: int, *, recovered: bool = True) -> Line:
    """The answer to a subscription."""
    return {"ok": {"stream": CONV, "recovered": recovered, "head": at(seq), "reason": ""}}


def page(*events: Line, head: int) -> Line:
    """The last page of a walk."""
    return {"ok": {
        "conv": CONV, "events": [each["ev"] for each in events], "next": at(head), "head": at(head), "complete": True,
    }}  # fmt: skip


class Script:
    """Answers by command; what is not said otherwise is what a healthy, empty conversation answers."""

    def __init__(self, **answers: Answer) -> None:
        self._answers: dict[str, Answer] = {
            "hello": lambda number, fields: [{"ok": {"node": "n", "incarnation": 3}}],
            "sub": lambda number, fields: [subscribed(0), live(0)],
            "ping": lambda number, fields: [{"ok": {"heads": [], "as_of": 1}}],
            "presence": lambda number, fields: [{"ok": {"users": []}}],
            "send": _numbered_acks(),
            "history": lambda number, fields: [page(head=0)],
            **answers,
        }

    def __call__(self, number: int, command: str, fields: Fields) -> Sequence[Line]:
        """The lines that answer a command on the connection of this number."""
        return self._answers[command](number, fields)


def _numbered_acks() -> Answer:
    seqs = itertools.count(1)
    return lambda number, fields: [ack(next(seqs))]


class Bench:
    """The server, the member and its record."""

    def __init__(self, server: FakeServer, member: Member, recording: Recording) -> None:
        self.server = server
        self.member = member
        self.recording = recording

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of every row of a table."""
        return [tuple(row.get(column) for column in columns) for row in self.recording.rows(table)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that happens to the device makes this true."""
        with trio.fail_after(PATIENCE_S):
            await self.member.device.until(condition)


@asynccontextmanager
async def _closing(recording: Recording) -> AsyncIterator[None]:
    """Close the recording in the end."""
    try:
        yield
    finally:
        recording.close()


@asynccontextmanager
async def bench(
    script: Script, directory: Path, *, heartbeat_s: float = 15.0, watch: bool = False
) -> AsyncIterator[Bench]:
    """A connected member of one conversation with this server."""
    origin_ns = time.monotonic_ns()
    recording = Recording(lambda: time.monotonic_ns() - origin_ns, directory / "frames.jsonl")
    async with fake_server(script) as server, trio.open_nursery() as nursery, _closing(recording):
        identity = Identity(1, 1, "link-1", server.url, "token", {1: "u1", 9: "u9"}, {0: CONV})
        device = Device(identity, recording, 1, heartbeat_s=heartbeat_s, watch=[9] if watch else [])
        member = Member(device, repair_every_s=0.02)
        nursery.start_soon(member.run)
        with trio.fail_after(PATIENCE_S):
            await member.connect()
        yield Bench(server, member, recording)
        nursery.cancel_scope.cancel()
