"""The judge at 20 million deliveries: a size that a laptop judges while its owner waits."""

from __future__ import annotations

from benchmarks.figures import MAX_BYTES, Measured
from benchmarks.judge import SEED, measure
from benchmarks.results import Found, Required

DELIVERIES = 20_000_000
MAX_GUARANTEE_S = 6.0


def run() -> Found:
    """Generate the history, judge it, remove it."""
    return found(measure(DELIVERIES, SEED, None))


def found(measured: Measured) -> Found:
    """How long the slowest guarantee took, how large the judge became, and whether it knows a clean history."""
    slowest = measured.slowest
    doubted = sum(each.result not in ("held", "not claimed") for each in measured.verdict.guarantees)
    line = f"{measured.deliveries:,} deliveries judged in {measured.seconds:.0f} s: {measured.verdict.verdict}"
    required = [
        Required(f"the slowest guarantee, {slowest.name}", slowest.seconds, MAX_GUARANTEE_S, " s", at_most=True),
        Required("the judge, resident", measured.peak_bytes / 2**30, MAX_BYTES / 2**30, " GiB", at_most=True),
        Required("guarantees that the clean history is not said to keep", doubted, 0, at_most=True),
    ]
    return Found("the judge at 20 million deliveries", [line], required)
