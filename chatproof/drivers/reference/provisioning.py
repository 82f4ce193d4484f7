"""Makes users, tokens and conversations of the reference server over HTTP; doing it again makes nothing new.

A user exists once a token names it. A group's id is a function of its definition, a direct conversation's id of its
pair, so that a repeated call finds what the first one made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import TypeVar

import anyio
import httpx
import msgspec

from chatproof.drivers.interface import ConversationSpec, DriverError, Endpoint, Provisioned, Roster
from chatproof.protocol.frames import ErrorBody

_Reply = TypeVar("_Reply")

TOKENS_PER_CALL = 1_000
"""Grants in one request: a body of about 60 KiB."""
TOKEN_TTL_S = 7 * 86_400
"""Longer than the longest soak."""
CALLS_IN_FLIGHT = 16
"""Calls under way at once: enough to fill the server's group commit, too few to look like an attack."""
CALL_TIMEOUT_S = 15.0
"""A call without an answer for this long says that the target is not well."""


class _MadeTokens(msgspec.Struct):
    """The reply to a grant of tokens."""

    tokens: tuple[str, ...]


class _MadeConversation(msgspec.Struct):
    """The reply to a new conversation."""

    conv_id: str


async def provision(endpoint: Endpoint, roster: Roster, admin_key: str) -> Provisioned:
    """Everything of the roster, made or found at this endpoint. Raises `DriverError`."""
    limits = httpx.Limits(max_connections=CALLS_IN_FLIGHT)
    async with httpx.AsyncClient(
        base_url=endpoint.http, limits=limits, timeout=CALL_TIMEOUT_S, trust_env=False
    ) as client:
        return await provision_over(client, roster, admin_key)


async def provision_over(client: httpx.AsyncClient, roster: Roster, admin_key: str) -> Provisioned:
    """The same over an HTTP client that knows its server."""
    users = {user: f"u{user}" for user in range(roster.users)}
    tokens = await _tokens(client, roster, users, admin_key)
    owners = {device.user: tokens[device.dev] for device in reversed(roster.devices)}
    conversations = await _conversations(client, roster.conversations, users, owners)
    return Provisioned(users, tokens, conversations)


async def _tokens(
    client: httpx.AsyncClient, roster: Roster, users: dict[int, str], admin_key: str
) -> dict[int, str]:
    """A token per device, in as few calls as the limits allow."""
    tokens: dict[int, str] = {}
    for start in range(0, len(roster.devices), TOKENS_PER_CALL):
        devices = roster.devices[start : start + TOKENS_PER_CALL]
        grants = [{"user": users[each.user], "device": f"d{each.dev}", "ttl_s": TOKEN_TTL_S} for each in devices]
        made = await _call(client, "/v1/admin/tokens", {"X-Admin-Key": admin_key}, {"grants": grants}, _MadeTokens)
        if len(made.tokens) != len(devices):
            raise DriverError(f"The target made {len(made.tokens)} tokens instead of {len(devices)}.")
        tokens.update(zip((each.dev for each in devices), made.tokens, strict=True))
    return tokens


async def _conversations(
    client: httpx.AsyncClient, specs: Sequence[ConversationSpec], users: dict[int, str], owners: dict[int, str]
) -> dict[int, str]:
    """Every conversation, made by its owner, several at once."""
    made: dict[int, str] = {}
    failures: list[DriverError] = []
    slots = anyio.CapacityLimiter(CALLS_IN_FLIGHT)

    async def make(spec: ConversationSpec) -> None:
        async with slots:
            if failures:
                return
            try:
                made[spec.conv] = await _conversation(client, spec, users, owners)
            except DriverError as error:
                failures.append(error)

    async with anyio.create_task_group() as group:
        for spec in specs:
            group.start_soon(partial(make, spec))
    if failures:
        raise failures[0]
    return {spec.conv: made[spec.conv] for spec in specs}


async def _conversation(
    client: httpx.AsyncClient, spec: ConversationSpec, users: dict[int, str], owners: dict[int, str]
) -> str:
    """One conversation's target id."""
    owner = spec.members[0]
    if owner not in owners:
        raise DriverError(f"Conversation {spec.conv} belongs to user {owner}, who has no device.")
    members = [users[member] for member in spec.members]
    body: dict[str, object] = {"kind": "direct", "members": members}
    if spec.kind != "direct":
        # Open: who was kicked can come back, as the load's kicked users do.
        body = {"kind": "group", "members": members, "open": True, "conv_id": _group_id(spec)}
    headers = {"Authorization": f"Bearer {owners[owner]}"}
    return (await _call(client, "/v1/conversations", headers, body, _MadeConversation)).conv_id


def _group_id(spec: ConversationSpec) -> str:
    """An id for this very definition: another roster on the same server gets other conversations."""
    digest = hashlib.blake2b(repr(spec).encode(), digest_size=8).hexdigest()
    return f"g{spec.conv}-{digest}"


async def _call(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], body: dict[str, object], reply: type[_Reply]
) -> _Reply:
    """One POST. Raises `DriverError` where the target does not answer, refuses, or answers something else."""
    try:
        response = await client.post(path, headers=headers, json=body)
    except httpx.HTTPError as error:
        raise DriverError(f"POST {client.base_url}{path} failed: {error or type(error).__name__}.") from error
    if response.is_error:
        raise DriverError(f"POST {path} was refused with {response.status_code}: {_reason(response)}")
    try:
        return msgspec.json.decode(response.content, type=reply)
    except msgspec.DecodeError as error:
        raise DriverError(f"POST {path} was answered with something else: {error}.") from error


def _reason(response: httpx.Response) -> str:
    """Why the target refused, in its own words where it has some."""
    try:
        return msgspec.json.decode(response.content, type=ErrorBody).reason
    except msgspec.DecodeError:
        return "no reason was given."
