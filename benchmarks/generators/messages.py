"""What every other generator sends and records, and how often: the same frames as a device of ours, a line for each."""

from __future__ import annotations

from tempfile import TemporaryFile
from time import time_ns

from chatproof.protocol.keys import uuid7

USERS = 100
SENDS_PER_S = 50.0
"""Of one user: together 5,000/s. Below that, waking up for each message costs every generator more than the message;
above it, the slowest fills its core."""

_BODY = "x" * 60


class Journal:
    """The least of a recording: a line per message, buffered, in a file that is gone with the process."""

    def __init__(self) -> None:
        self._file = TemporaryFile("w")  # noqa: SIM115 (open as long as the process lives)

    def note(self, user: int, number: int, sent_ns: int, done_ns: int) -> None:
        """A message was sent and answered."""
        self._file.write(f"{user} {number} {sent_ns} {done_ns}\n")


def message(user: int, number: int) -> str:
    """The frame of a user's nth message."""
    key = uuid7(time_ns() // 1_000_000, user << 32 | number)
    return f'{{"id":{number},"send":{{"conv":"g{user}","u":"{key}","body":"{_BODY}"}}}}'
