"""Tokens name a user and a device, expire, and cannot be forged."""

import pytest

from chatproof.protocol.errors import WireError
from chatproof.reference_server.tokens import Grant, Tokens, same_key

TOKENS = Tokens(b"0123456789abcdef0123456789abcdef")


def test_a_token_says_what_was_granted() -> None:
    """Out comes what went in."""
    grant = Grant("ann", "phone", 100)
    assert grant == TOKENS.verify(TOKENS.issue(grant), 99)


def test_a_token_expires() -> None:
    """At the second it names, it is over."""
    token = TOKENS.issue(Grant("ann", "phone", 100))
    with pytest.raises(WireError, match="expired"):
        TOKENS.verify(token, 100)


@pytest.mark.parametrize(
    "token",
    [
        "", "a", "a.b.c", "\x00", "é.é.é",
        Tokens(b"another secret, also 32 bytes ok").issue(Grant("ann", "phone", 100)),
        # alg none, sub ann
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJkZXYiOiJwIiwiZXhwIjo5OTk5OTk5OTk5fQ.",
    ],
)  # fmt: skip
def test_a_forged_token_is_refused(token: str) -> None:
    """Garbage, another secret, and no signature at all."""
    with pytest.raises(WireError) as refused:
        TOKENS.verify(token, 1)
    assert "unauthorized" == refused.value.code


def test_an_empty_admin_key_admits_nobody() -> None:
    """Not even those who give an empty one."""
    assert not same_key("", "")
    assert not same_key("key", "kez")
    assert same_key("key", "key")
