"""The windows of multi-window, multi-burn-rate alerts, as the Google SRE workbook (chapter 5) has them.

An alert needs both of its windows: the long one says that it matters, the short one that it still goes on.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Severity = Literal["page", "ticket"]
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(window: str) -> int:
    """`5m` is 300."""
    match = re.fullmatch(r"([1-9][0-9]*)([smhd])", window)
    if match is None:
        raise ValueError(f"{window} is no duration of one unit")
    return int(match[1]) * _SECONDS[match[2]]


class Burn(NamedTuple):
    """One pair of windows. It burns when, in both, the error ratio is above `factor` times the error budget.

    Attributes:
        factor: how many times faster than allowed the budget is spent.
    """

    severity: Severity
    short: str
    long: str
    factor: float


class Windows(NamedTuple):
    """The windows of one set of rules.

    Attributes:
        sli: the shortest, which dashboards show and from which the whole period is averaged.
        period: over which the budget is counted.
    """

    sli: str
    period: str
    burns: tuple[Burn, ...]

    @property
    def rates(self) -> tuple[str, ...]:
        """Every window over which a ratio is recorded, the shortest first."""
        every = {self.sli, *(window for burn in self.burns for window in (burn.short, burn.long))}
        return tuple(sorted(every, key=seconds))


_SHARES: tuple[tuple[Severity, str, str, float], ...] = (
    ("page", "5m", "1h", 0.02), ("page", "30m", "6h", 0.05), ("ticket", "2h", "1d", 0.10), ("ticket", "6h", "3d", 0.10),
)  # fmt: skip
"""Severity, short, long, and which share of the period's budget is spent when the long one burns throughout."""


def windows_for(days: int) -> Windows:
    """The windows of a period of days: 13.44, 5.6, 2.8 and 0.93 times too fast for 28 of them."""
    burns = tuple(
        Burn(severity, short, long, round(share * days * _SECONDS["d"] / seconds(long), 6))
        for severity, short, long, share in _SHARES
    )
    return Windows("5m", f"{days}d", burns)
