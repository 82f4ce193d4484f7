"""The error table: what each code means, whether it settles the operation, and what a client does next.

*Definite* means: this attempt certainly had no effect and never will have one. Everything else is unknown
until a retry with the same key, or a sighting, settles it. `WireError` is the one exception of this package.

    Exception
    └── WireError        an error of the table, with its code
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Retry(StrEnum):
    """What a client may do after an error."""

    NO = "no"
    SAME_KEY = "same_key"
    AFTER_HELLO = "after_hello"


class Meaning(NamedTuple):
    """One row of the table."""

    sentence: str
    definite: bool
    retry: Retry
    http_status: int


ERRORS: dict[str, Meaning] = {
    "bad_frame": Meaning("The frame is not newline-separated JSON objects.", True, Retry.NO, 400),
    "bad_request": Meaning("The object is JSON but no command of this protocol.", True, Retry.NO, 400),
    "bad_key": Meaning("The key is not a UUIDv7.", True, Retry.NO, 400),
    "unauthorized": Meaning("The token is missing, malformed, expired or revoked.", True, Retry.AFTER_HELLO, 401),
    "not_member": Meaning("The user is not a member of this conversation.", True, Retry.NO, 403),
    "forbidden": Meaning("The user is a member but may not do this.", True, Retry.NO, 403),
    "not_found": Meaning("There is nothing of that name that the caller may see.", True, Retry.NO, 404),
    "different_body": Meaning("This key was used before with another body.", True, Retry.NO, 409),
    "stale_key": Meaning("The key is older than the dedupe window.", True, Retry.NO, 409),
    "too_large": Meaning("The body, frame or member list is above its limit.", True, Retry.NO, 413),
    "too_many": Meaning("The session or conversation is at a limit of its count.", True, Retry.NO, 429),
    "expired": Meaning("The record reached the log after its bound and is void.", True, Retry.SAME_KEY, 503),
    "overloaded": Meaning("Refused before the append: a queue is at its bound.", True, Retry.SAME_KEY, 503),
    "draining": Meaning("Refused before the append: this node is shutting down.", True, Retry.SAME_KEY, 503),
    "not_yet_visible": Meaning("This node has not passed the asked position yet.", True, Retry.SAME_KEY, 503),
    "stale_node": Meaning("This node has not heard from its log lately.", True, Retry.SAME_KEY, 503),
    "unknown_outcome": Meaning("Whether it takes effect is not known.", False, Retry.SAME_KEY, 504),
    "internal": Meaning("The server failed; nothing is known of the command.", False, Retry.SAME_KEY, 500),
}
"""Code → meaning. The server answers only with these; docs/PROTOCOL.md is generated from it."""


class CloseCode:
    """WebSocket close codes of this protocol: 3000-3499 reconnect, 3500 and above do not."""

    DRAIN = 3001
    SLOW_CONSUMER = 3002
    HEARTBEAT = 3003
    REPLACED = 3500
    UNAUTHORIZED = 3501
    BAD_FRAME = 3502
    HELLO_EXPECTED = 3503


class WireError(Exception):
    """An error of the table.

    Attributes:
        code: a key of `ERRORS`.
        reason: one sentence for a person; the table's sentence unless something more exact is known.
        retry_after_ms: how long to wait before a retry, or None.
    """

    def __init__(self, code: str, reason: str = "", retry_after_ms: int | None = None) -> None:
        self.code = code
        self.reason = reason or ERRORS[code].sentence
        self.retry_after_ms = retry_after_ms
        super().__init__(f"{code}: {self.reason}")

    @property
    def definite(self) -> bool:
        """Whether the attempt certainly had no effect."""
        return ERRORS[self.code].definite
