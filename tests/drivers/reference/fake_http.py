"""The HTTP face that provisioning needs, as an ASGI application without a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio.lowlevel
import msgspec

Message = MutableMapping[str, Any]


class FakeHttp:
    """Tokens for the admin key, conversations for tokens; counts calls at once and remembers definitions."""

    def __init__(self, admin_key: str) -> None:
        self._admin_key = admin_key
        self.tokens: dict[str, str] = {}
        self.conversations: dict[str, dict[str, Any]] = {}
        self.calls = 0
        self._now = 0
        self.most_at_once = 0
        self.broken = b""

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """One request."""
        self.calls += 1
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        body = await _whole_body(receive)
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, reply = self._answer(scope["path"], headers, msgspec.json.decode(body))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": self.broken or msgspec.json.encode(reply)})
        self._now -= 1

    def _answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if path == "/v1/admin/tokens":
            if headers.get("x-admin-key") != self._admin_key:
                return 401, {"code": "unauthorized", "reason": "Wrong key.", "retry": "no"}
            made = [f"token-{grant['user']}-{grant['device']}" for grant in body["grants"]]
            self.tokens.update((token, grant["user"]) for token, grant in zip(made, body["grants"], strict=True))
            return 200, {"tokens": made}
        caller = self.tokens.get(headers.get("authorization", "").removeprefix("Bearer "))
        if path != "/v1/conversations" or caller != body["members"][0]:
            return 403, {"code": "forbidden", "reason": "Not yours.", "retry": "no"}
        conv = body.get("conv_id") or "dm-" + "-".join(sorted(body["members"]))
        if self.conversations.setdefault(conv, body) != body:
            return 409, {"code": "different_body", "reason": "Another one.", "retry": "no"}
        return 201, {"conv_id": conv, "duplicate": False}


async def _whole_body(receive: Callable[[], Awaitable[Message]]) -> bytes:
    """The request's body, read to its end."""
    body = b""
    while (message := await receive()).get("more_body"):
        body += message["body"]
    return body + bytes(message.get("body", b""))
