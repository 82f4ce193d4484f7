"""The run's claim on the processor: whatever else the machine does must not look like the target's latency."""

from __future__ import annotations

import os
from contextlib import suppress

NICENESS = -10
"""Before everything ordinary, behind what the system itself needs."""


def claim_priority() -> int:
    """Put this process, and so all that it starts, before ordinary ones, where that is allowed; returns its niceness.

    Generator, target, proxy and nemesis are raised alike, so what they get relative to each other stays as it was.
    """
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, min(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    return os.getpriority(os.PRIO_PROCESS, 0)
