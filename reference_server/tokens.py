"""Credentials of clients: signed, expiring tokens (JWT, HS256) that name a user and a device."""

from __future__ import annotations

import hmac
from typing import NamedTuple

import jwt

from chatproof.protocol.errors import WireError

MIN_SECRET_BYTES = 32
"""A shorter HMAC key is weaker than the hash it feeds (RFC 7518, section 3.2)."""


class Grant(NamedTuple):
    """What a token says. `expires_s` is Unix time in seconds."""

    user: str
    device: str
    expires_s: int


class Tokens:
    """Issues and verifies tokens under one secret of at least 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        assert len(secret) >= MIN_SECRET_BYTES, "the secret comes from settings, which make a long one"
        self._secret = secret

    def issue(self, grant: Grant) -> str:
        """The token of a grant."""
        claims = {"sub": grant.user, "dev": grant.device, "exp": grant.expires_s}
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def verify(self, token: str, now_s: int) -> Grant:
        """The grant of a token. Raises `WireError` unauthorized where it is not ours or has expired."""
        grant = self._read(token)
        if grant.expires_s <= now_s:
            raise WireError("unauthorized", "The token has expired.")
        return grant

    def _read(self, token: str) -> Grant:
        # Expiry is judged by the caller's clock, so that time stays a parameter.
        options = {"require": ["sub", "dev", "exp"], "verify_exp": False}
        try:
            claims = jwt.decode(token, self._secret, algorithms=["HS256"], options=options)  # type: ignore[arg-type]
            return Grant(str(claims["sub"]), str(claims["dev"]), int(claims["exp"]))
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise WireError("unauthorized", "The token is not one of this server.") from error


def same_key(expected: str, given: str) -> bool:
    """Whether an admin key is the right one, in constant time; an empty expected key admits nobody."""
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())
