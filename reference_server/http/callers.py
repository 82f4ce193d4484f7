"""Who calls: a bearer token names user and device, the admin key opens the admin calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request

from chatproof.protocol.errors import WireError
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.tokens import Grant, Tokens, same_key

_BEARER = "bearer "


def caller_of(tokens: Tokens, clock: Clock) -> Callable[[Request[Any, Any, Any]], Grant]:
    """A dependency that gives the caller's grant. Raises `WireError` unauthorized."""

    def caller(request: Request[Any, Any, Any]) -> Grant:
        header = request.headers.get("authorization", "")
        if not header.lower().startswith(_BEARER):
            raise WireError("unauthorized", "The Authorization header carries no bearer token.")
        return tokens.verify(header[len(_BEARER) :].strip(), clock.wall_ns() // 1_000_000_000)

    return caller


def require_admin(request: Request[Any, Any, Any], admin_key: str) -> None:
    """Raises `WireError` unauthorized without the right `X-Admin-Key`."""
    if not same_key(admin_key, request.headers.get("x-admin-key", "")):
        raise WireError("unauthorized", "The X-Admin-Key header does not carry the admin key.")
