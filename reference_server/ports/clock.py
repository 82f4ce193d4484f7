"""Time and ids of a node."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Two clocks: one that only goes forward, one that people read."""

    def monotonic_ns(self) -> int:
        """For durations and deadlines."""
        ...

    def wall_ns(self) -> int:
        """Unix time; the log turns it into its own monotone time."""
        ...
