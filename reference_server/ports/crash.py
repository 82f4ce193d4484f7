"""Named crash points: where a test lets the process die. In production every point is empty."""

from __future__ import annotations

from typing import Literal, Protocol

CrashPoint = Literal[
    "before_append", "after_append_before_fold", "after_append_before_ack", "after_ack", "during_snapshot",
    "after_store_before_watermark",
]


class Crash(Protocol):
    """Calls out at named points."""

    def crash_at(self, point: CrashPoint) -> None:
        """Die here, if a test asked for it."""
        ...


class NoCrash:
    """Production: nothing happens at any point."""

    def crash_at(self, point: CrashPoint) -> None:
        """Do nothing."""
