"""How far the monotonic clocks of two machines are apart, asked over a connection and bounded by its shortest round."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROUNDS = 16
"""The shortest of so many rounds counts: one that nothing delayed."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Offset(NamedTuple):
    """The other clock is `offset_ns` ahead of ours, give or take `err_ns`."""

    offset_ns: int
    err_ns: int


def machine() -> str:
    """The same text in all processes that share CLOCK_MONOTONIC with this one; empty where nobody can tell."""
    return _BOOT_ID.read_text(encoding="ascii").strip() if _BOOT_ID.exists() else ""


def measured(ask: Callable[[], int], own: Callable[[], int] = time.monotonic_ns) -> Offset:
    """Ask the other side for its clock: it answered somewhere between our asking and our hearing."""
    best: Offset | None = None
    for _ in range(ROUNDS):
        asked_ns = own()
        theirs_ns = ask()
        heard_ns = own()
        err_ns = (heard_ns - asked_ns + 1) // 2
        if best is None or err_ns < best.err_ns:
            best = Offset(theirs_ns - (asked_ns + heard_ns) // 2, err_ns)
    assert best is not None
    return best
