"""What every other generator sends, and how often: the same frames as a device of ours."""

from __future__ import annotations

from time import time_ns

from chatproof.protocol.keys import uuid7

USERS = 100
SENDS_PER_S = 20.0
"""Of one user: together 2,000/s, which ours carries with a fifth of a core and the slowest with less than one."""

_BODY = "x" * 60


def message(user: int, number: int) -> str:
    """The frame of a user's nth message."""
    key = uuid7(time_ns() // 1_000_000, user << 32 | number)
    return f'{{"id":{number},"send":{{"conv":"g{user}","u":"{key}","body":"{_BODY}"}}}}'
