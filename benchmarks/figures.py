"""What judging must not take more of, and the curve as a table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chatproof.checkers.results import GuaranteeResult, Verdict

MAX_TOTAL_S = 360.0
MAX_GUARANTEE_S = 30.0
MAX_BYTES = 4 << 30
MAX_EXPONENT = 1.1
"""Of the curve: ten times the size may take 12.6 times as long."""


class Measured(NamedTuple):
    """One history judged: its size, the wall time, the largest resident size, and what came out."""

    deliveries: int
    seconds: float
    peak_bytes: int
    verdict: Verdict

    @property
    def slowest(self) -> GuaranteeResult:
        """The guarantee that took longest."""
        return max(self.verdict.guarantees, key=lambda result: result.seconds)


def missed(measured: Measured) -> list[str]:
    """Which required figures were missed, a sentence each."""
    size = f"{measured.deliveries:,} deliveries"
    slow = [each for each in measured.verdict.guarantees if each.seconds > MAX_GUARANTEE_S]
    broken = [each for each in measured.verdict.guarantees if each.result == "broken"]
    problems = [f"{size}: {each.name} took {each.seconds:.1f} s, more than {MAX_GUARANTEE_S:.0f} s" for each in slow]
    problems += [f"{size}: the clean history is said to break {each.name}" for each in broken]
    if measured.verdict.verdict == "invalid":
        problems.append(f"{size}: {measured.verdict.sentence}")
    if measured.seconds > MAX_TOTAL_S:
        problems.append(f"{size}: judged in {measured.seconds:.0f} s, more than {MAX_TOTAL_S:.0f} s")
    if measured.peak_bytes > MAX_BYTES:
        problems.append(f"{size}: {measured.peak_bytes / 2**30:.2f} GiB resident, more than {MAX_BYTES >> 30} GiB")
    return problems


def all_missed(measured: Sequence[Measured]) -> list[str]:
    """Those of every size, and that of the curve where there are several."""
    problems = [problem for each in measured for problem in missed(each)]
    if len(measured) > 1 and exponent(measured) > MAX_EXPONENT:
        problems.append(f"time grows with the size to the power of {exponent(measured):.2f}, more than {MAX_EXPONENT}")
    return problems


def exponent(measured: Sequence[Measured]) -> float:
    """The power of the size with which time grows: the slope of the line through the logarithms."""
    sizes = np.log([each.deliveries for each in measured])
    seconds = np.log([each.seconds for each in measured])
    return float(np.polyfit(sizes, seconds, 1)[0])


def curve(measured: Sequence[Measured]) -> str:
    """A line for each size, and below it one for each guarantee at the largest."""
    lines = [f"{'deliveries':>13} {'seconds':>9} {'GiB':>6}  slowest guarantee"]
    lines += [
        f"{each.deliveries:>13,} {each.seconds:>9.1f} {each.peak_bytes / 2**30:>6.2f}"
        f"  {each.slowest.name} {each.slowest.seconds:.1f} s"
        for each in measured
    ]
    lines.append(f"\n{'guarantee':<24} {'result':<14} {'opportunities':>14} {'seconds':>8}")
    lines += [
        f"{each.name:<24} {each.result:<14} {each.opportunities:>14,} {each.seconds:>8.1f}"
        for each in measured[-1].verdict.guarantees
    ]
    return "\n".join(lines)
