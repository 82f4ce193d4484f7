"""The clock of the machine."""

from __future__ import annotations

import time


class SystemClock:
    """Monotonic and Unix time, as the operating system says."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since some fixed moment."""
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        """Unix nanoseconds."""
        return time.time_ns()
