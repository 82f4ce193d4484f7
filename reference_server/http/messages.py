"""`/v1/messages`, `/v1/receipts` and `/v1/conversations/{conv_id}/history`."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from chatproof.protocol import limits
from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import Cursor, Gap, History, Id, Send
from chatproof.reference_server.core.commands import Mark
from chatproof.reference_server.http.errors import ERROR_RESPONSES
from chatproof.reference_server.http.node import Desk
from chatproof.reference_server.http.parameters import cursor_of, cursor_text, id_of
from chatproof.reference_server.http.schemas import (
    CursorText,
    HistoryPage,
    Key,
    Markers,
    NewMessage,
    NewReceipt,
    SentMessage,
)
from chatproof.reference_server.roles.gateway import bounds, records
from chatproof.reference_server.roles.gateway.access import conversation_id, readable
from chatproof.reference_server.roles.gateway.streams import page_request, walk_of
from chatproof.reference_server.tokens import Grant


def message_routes(desk: Desk) -> list[HTTPRouteHandler]:
    """The handlers over one node."""

    @post("/v1/messages", summary="Send a message", status_code=201, responses=ERROR_RESPONSES)
    async def send_message(
        data: NewMessage, caller: Grant,
        idempotency_key: Annotated[Key | None, Parameter(header="Idempotency-Key")] = None,
    ) -> SentMessage:  # fmt: skip
        """Acknowledged when durable. Retried with the same key, it returns the first outcome."""
        key = desk.key(data.client_msg_id, idempotency_key)
        record = records.send_record(caller.user, caller.device, Send(data.conv_id, key, data.body))
        ok = records.send_ok(await desk.submit(record))
        return SentMessage(ok.conv, ok.msg_id, ok.epoch, ok.seq, ok.ts, key, ok.duplicate)

    @post("/v1/receipts", summary="Raise the own markers", status_code=200, responses=ERROR_RESPONSES)
    async def raise_markers(data: NewReceipt, caller: Grant) -> Markers:
        """A lower value than known changes nothing."""
        read = data.msg_id if data.type == "read" else 0
        mark = Mark(conversation_id(data.conv_id), caller.user, caller.device, data.msg_id, read)
        marked = records.marked(await desk.submit(mark))
        return Markers(marked.conv, marked.delivered, marked.read)

    @get("/v1/conversations/{conv_id:str}/history", summary="Read a page of events", responses=ERROR_RESPONSES)
    async def read_history(
        conv_id: Id, caller: Grant, cursor: CursorText | None = None,
        limit: Annotated[int, Parameter(ge=1, le=limits.MAX_PAGE)] = limits.DEFAULT_PAGE,
        direction: Annotated[Literal["forward", "backward"], Parameter(query="dir")] = "forward",
        min_seq: Annotated[int, Parameter(ge=0, le=limits.MAX_SEQ)] = 0,
    ) -> HistoryPage:  # fmt: skip
        """Only what the caller may see. With `min_seq`: from a state that has passed it, or `not_yet_visible`."""
        history = History(conversation_id(id_of(conv_id)), cursor_of(cursor), limit, direction, min_seq)
        return await _page(desk, caller.user, history)

    return [send_message, raise_markers, read_history]


async def _page(desk: Desk, user: str, history: History) -> HistoryPage:
    place = readable(desk.host, user, history.conv)
    if place.head.seq < history.min_seq:
        raise WireError("not_yet_visible", retry_after_ms=bounds.RETRY_AFTER_MS)
    asked = page_request(place, user, history)
    page = await desk.host.read(
        asked.key, user, after=asked.after, upto=asked.upto, limit=asked.limit, backward=asked.backward
    )
    walk = walk_of(desk.host, user, history, place)
    gaps = tuple(Gap(history.conv, *span, "hidden") for span in page.hidden)
    upto = cursor_text(Cursor(walk.head.epoch, page.covered))
    head = cursor_text(walk.head)
    return HistoryPage(history.conv, tuple(page.events), gaps, walk.markers, upto, head, page.complete)
