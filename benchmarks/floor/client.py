"""`python -m benchmarks.floor.client PLAN`: connects everybody, sends in a closed loop, counts acks and deliveries.

Each sender has one message in flight: as soon as one is acknowledged, the next is sent. Nothing is recorded and little
is parsed, so that the server is what is measured. Prints one JSON object, a `Counted`.
"""

from __future__ import annotations

import asyncio
import gc
import re
import sys
from functools import partial
from pathlib import Path
from time import perf_counter, time_ns

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.floor.shapes import Counted, Member, Plan
from chatproof.protocol.keys import uuid7

CONNECTS_AT_ONCE = 32
_BODY = "x" * 60
_EVENT = b'{"ev":'
_HAS_REPLY = b'{"id":'
_REPLY = re.compile(rb'\{"id":(\d+),"(ok|error)":')
_SUBSCRIBED = 2
"""The number of a member's second request, after hello; sends count on from there."""


class Crowd:
    """What all members share.

    Attributes:
        sends: sends a second ago may go on to another; False ends the load.
    """

    def __init__(self, members: int) -> None:
        self.waiting = members
        self.all_here = asyncio.Event()
        self.acks = 0
        self.deliveries = 0
        self.ack_s: list[float] = []
        self.sends = True

    def one_is_here(self) -> None:
        """A member has subscribed."""
        self.waiting -= 1
        if not self.waiting:
            self.all_here.set()

    def begin_to_count(self) -> None:
        """Forget what came so far."""
        self.acks = self.deliveries = 0
        self.ack_s.clear()


class _Link(WSListener):
    """One member's connection."""

    _transport: WSTransport

    def __init__(self, member: Member, number: int, crowd: Crowd) -> None:
        self._member = member
        self._crowd = crowd
        self._sent = 0
        self._sent_s = 0.0
        self._number = number

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._ask(b'{"id":1,"hello":{"token":"%b"}}' % self._member.token.encode())
        self._ask(b'{"id":%d,"sub":{"stream":"%b"}}' % (_SUBSCRIBED, self._member.conversation.encode()))

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        payload = frame.get_payload_as_bytes()
        self._crowd.deliveries += payload.count(_EVENT)
        # Most frames of a large group have no reply in them, and looking for one byte string is cheap.
        for request, outcome in _REPLY.findall(payload) if _HAS_REPLY in payload else ():
            if outcome != b"ok":
                raise RuntimeError(f"the server refused: {payload.decode()}")
            self._answered(int(request))

    def _answered(self, request: int) -> None:
        if request > _SUBSCRIBED:
            self._crowd.acks += 1
            self._crowd.ack_s.append(perf_counter() - self._sent_s)
            if self._crowd.sends:
                self.send()
        elif request == _SUBSCRIBED:
            self._crowd.one_is_here()

    def send(self) -> None:
        """The next message."""
        self._sent += 1
        self._sent_s = perf_counter()
        key = uuid7(time_ns() // 1_000_000, self._number << 32 | self._sent)
        self._ask(
            b'{"id":%d,"send":{"conv":"%b","u":"%b","body":"%b"}}'
            % (self._sent + _SUBSCRIBED, self._member.conversation.encode(), key.encode(), _BODY.encode())
        )

    def _ask(self, request: bytes) -> None:
        self._transport.send(WSMsgType.TEXT, request)


def _itself(link: _Link) -> _Link:
    return link


async def run(plan: Plan) -> Counted:
    """Carry out a plan."""
    crowd = Crowd(len(plan.members))
    links = [_Link(member, number, crowd) for number, member in enumerate(plan.members)]
    for start in range(0, len(links), CONNECTS_AT_ONCE):
        part = links[start : start + CONNECTS_AT_ONCE]
        await asyncio.gather(*(ws_connect(partial(_itself, link), plan.url) for link in part))
    await crowd.all_here.wait()
    gc.collect()
    gc.freeze()
    for link in links[: plan.senders]:
        link.send()
    await asyncio.sleep(plan.warm_up_s)
    crowd.begin_to_count()
    begun = perf_counter()
    await asyncio.sleep(plan.seconds)
    seconds = perf_counter() - begun
    crowd.sends = False
    return counted(crowd, seconds)


def counted(crowd: Crowd, seconds: float) -> Counted:
    """The rates and quantiles of what was counted in this time."""
    ack_s = sorted(crowd.ack_s)
    return Counted(
        acks_per_s=crowd.acks / seconds,
        deliveries_per_s=crowd.deliveries / seconds,
        ack_p50_ms=ack_s[len(ack_s) // 2] * 1e3 if ack_s else 0.0,
        ack_p95_ms=ack_s[len(ack_s) * 95 // 100] * 1e3 if ack_s else 0.0,
    )


if __name__ == "__main__":
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    print(msgspec.json.encode(uvloop.run(run(plan))).decode())
