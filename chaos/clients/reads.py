"""What a device reads of the history: pages, whole walks, and the repair of what its stream lacks."""

from __future__ import annotations

from typing import Literal

import trio

from chatproof.chaos.clients import wire
from chatproof.chaos.clients.device import Device
from chatproof.chaos.clients.recording import Row, hash_of, op_of
from chatproof.chaos.clients.session import Session
from chatproof.chaos.clients.wire import Event, Position, Reply

Purpose = Literal["repair", "app", "audit"]

REPAIR_EVERY_S = 0.5
"""What arrives out of order comes within milliseconds; what does not come by then is missing."""

REPAIR_PAGE = 100


class Page:
    """The answer to one request. `complete`: the walk is at its end; `after`: where it goes on."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.complete = False
        self.after = 0


class Reader:
    """The reads of one device. `repair_every_s`: how long something may be missing before it is read."""

    def __init__(self, device: Device, repair_every_s: float = REPAIR_EVERY_S) -> None:
        self._repair_every_s = repair_every_s
        self._device = device
        self._recording = device.recording

    async def walk(self, conv: int, *, limit: int, purpose: Purpose = "app") -> bool:
        """Read a whole conversation from its first event by pages of `limit`; False if a page did not come."""
        walk, after = self._recording.next_read(), 0
        while True:
            page = await self._page(walk, conv, after, limit, purpose)
            if page is None:
                return False
            if page.complete or not page.events:
                return page.complete
            after = page.after

    async def repair(self) -> None:
        """Read what has been missing from a stream for a while, and show it; runs until cancelled."""
        missing: dict[int, int] = {}
        while True:
            await trio.sleep(self._repair_every_s)
            now = self._device.streams.missing()
            for conv, after in now.items():
                if missing.get(conv) == after:
                    await self._repair(conv, after)
            missing = now

    async def _repair(self, conv: int, after: int) -> None:
        """One page after the last seq without a hole."""
        page = await self._page(self._recording.next_read(), conv, after, REPAIR_PAGE, "repair")
        session = self._device.session
        if page is None or session is None:
            return
        for event in page.events:
            self._device.streams.arrived(session, conv, event, "repair")
        self._device.changed()

    async def _page(self, walk: int, conv: int, after: int, limit: int, purpose: Purpose) -> Page | None:
        """One page; None where it was refused, or the link was lost first."""
        session, read = self._device.session, self._recording.next_read()
        if session is None:
            return None
        row = self._recording.add(
            "reads", self._device.dev, read=read, walk=walk, dev=self._device.dev, session=session.number,
            kind="history", purpose=purpose, conv=conv, dir="forward", page_limit=limit, cursor=str(after),
            invoke_ns=self._recording.elapsed_ns(),
        )
        page = Page()
        at = Position(self._device.streams.timeline(conv).epoch or 1, after)
        fields = {
            "conv": self._device.identity.conversations[conv], "limit": limit,
            "cursor": wire.cursor(at) if after else None,
        }
        if not await session.ask("history", fields, lambda reply: self._came(session, row, page, reply)):
            self._recording.end(row, outcome="unknown")
        return page if row["outcome"] == "ok" else None

    def _came(self, _session: Session, row: Row, page: Page, reply: Reply) -> None:
        """The answer to a request, recorded as it comes in."""
        if reply.refused is not None:
            self._recording.end(row, outcome="fail", code=reply.refused.code)
            return
        page.events = wire.events_of(reply.ok)
        page.complete, page.after = bool(reply.ok["complete"]), wire.position_of(reply.ok["next"]).seq
        seqs = [event.at.seq for event in page.events]
        self._recording.end(
            row, outcome="ok", complete=page.complete, from_seq=min(seqs, default=None), to_seq=max(seqs, default=None)
        )
        for pos, event in enumerate(page.events):
            self._item(row, pos, event)

    def _item(self, row: Row, pos: int, event: Event) -> None:
        is_message = event.kind == "message"
        self._recording.add(
            "read_items", self._device.dev, read=row["read"], pos=pos, conv=row["conv"], epoch=event.at.epoch,
            seq=event.at.seq, msg_id=event.msg_id or None, event=event.kind,
            op=op_of(event.body) if is_message else None, body_hash=hash_of(event.body) if is_message else None,
            deleted=False, server_ts_ns=event.ts_ns,
        )
