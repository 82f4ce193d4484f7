"""The judge's bounds at 20 million deliveries."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from benchmarks.figures import Measured
from benchmarks.judging import found
from tests.benchmarks.test_figures import GOOD, HELD, VERDICT

BROKEN = GOOD._replace(verdict=replace(VERDICT, guarantees=(replace(HELD, result="broken"),)))
SLOW = GOOD._replace(verdict=replace(VERDICT, guarantees=(replace(HELD, seconds=6.1),)))


@pytest.mark.parametrize(
    ("measured", "missed"), [(GOOD, 0), (SLOW, 1), (GOOD._replace(peak_bytes=(4 << 30) + 1), 1), (BROKEN, 1)],
    ids=["good", "slow", "large", "alarm"],
)  # fmt: skip
def test_time_memory_and_answers_have_bounds(measured: Measured, missed: int) -> None:
    """Six seconds for the slowest guarantee, four GiB for all; a clean history is said to keep what is claimed."""
    assert missed == len(found(measured).missed)
