"""`/v1/conversations` and their members."""

from __future__ import annotations

import secrets

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler

from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import Cursor, Id, MembershipOk
from chatproof.reference_server.core.commands import Create
from chatproof.reference_server.core.identity import direct_conversation_id
from chatproof.reference_server.http.errors import ERROR_RESPONSES
from chatproof.reference_server.http.node import Desk
from chatproof.reference_server.http.parameters import cursor_text, id_of
from chatproof.reference_server.http.schemas import (
    ChangedMembership,
    ConversationList,
    ConversationSummary,
    Key,
    MadeConversation,
    NewConversation,
    NewMember,
)
from chatproof.reference_server.roles.gateway import records
from chatproof.reference_server.roles.gateway.access import readable
from chatproof.reference_server.tokens import Grant


def conversation_routes(desk: Desk) -> list[HTTPRouteHandler]:
    """The handlers over one node."""

    @post("/v1/conversations", summary="Make a conversation", status_code=201, responses=ERROR_RESPONSES)
    async def make_conversation(data: NewConversation, caller: Grant) -> MadeConversation:
        """The same id with the same definition again: the first outcome."""
        answer = await desk.submit(_create(caller.user, desk.key(data.client_msg_id), data))
        made = records.appended(answer)
        return MadeConversation(made.conv, made.epoch, made.seq, answer.duplicate)

    @get("/v1/conversations", summary="List the own conversations", responses=ERROR_RESPONSES)
    async def list_conversations(caller: Grant) -> ConversationList:
        """Those that the caller is a member of now."""
        convs = desk.host.conversations_of(caller.user)
        return ConversationList(tuple(_summary(desk, conv) for conv in convs))

    @get("/v1/conversations/{conv_id:str}", summary="Show a conversation", responses=ERROR_RESPONSES)
    async def show_conversation(conv_id: Id, caller: Grant) -> ConversationSummary:
        """Members only."""
        readable(desk.host, caller.user, id_of(conv_id))
        if not desk.host.is_member(conv_id, caller.user):
            raise WireError("not_member")
        return _summary(desk, conv_id)

    @post(
        "/v1/conversations/{conv_id:str}/members",
        summary="Join, or add a member",
        status_code=201,
        responses=ERROR_RESPONSES,
    )
    async def add_member(conv_id: Id, data: NewMember, caller: Grant) -> ChangedMembership:
        """By oneself in an open group, otherwise by a member."""
        key = desk.key(data.client_msg_id)
        record = records.membership_record(caller.user, id_of(conv_id), key, data.user or caller.user, "join")
        return _changed(records.membership_ok(await desk.submit(record)))

    @delete(
        "/v1/conversations/{conv_id:str}/members/{user:str}",
        summary="Leave, or remove a member",
        status_code=200,
        responses=ERROR_RESPONSES,
    )
    async def remove_member(
        conv_id: Id, user: Id, caller: Grant, client_msg_id: Key | None = None
    ) -> ChangedMembership:
        """Oneself, or another member by the owner."""
        key = desk.key(client_msg_id)
        record = records.membership_record(
            caller.user, id_of(conv_id), key, id_of(user), "leave" if user == caller.user else "kick"
        )
        return _changed(records.membership_ok(await desk.submit(record)))

    return [make_conversation, list_conversations, show_conversation, add_member, remove_member]


def _create(user: str, key: str, wanted: NewConversation) -> Create:
    members = (user, *(member for member in wanted.members if member != user))
    if wanted.kind == "group":
        conv = wanted.conv_id or f"g-{secrets.token_hex(12)}"
        return Create(conv, user, key, "group", members, wanted.open, wanted.history_policy)
    if len(members) != 2:
        raise WireError("bad_request", "A direct conversation has exactly one other member.")
    conv = direct_conversation_id(*members)
    if wanted.conv_id not in {None, conv}:
        raise WireError("bad_request", "The id of a direct conversation follows from its members.")
    return Create(conv, user, key, "direct", members)


def _summary(desk: Desk, conv: str) -> ConversationSummary:
    head = desk.host.head(conv) or Cursor(1, 0)
    kind = desk.host.kind(conv) or "group"
    return ConversationSummary(conv, kind, tuple(desk.host.members(conv)), cursor_text(head))


def _changed(ok: MembershipOk) -> ChangedMembership:
    return ChangedMembership(ok.conv, ok.user, ok.epoch, ok.seq, ok.duplicate)
