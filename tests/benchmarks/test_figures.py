"""The figures: what is missed is said in a sentence, and the exponent is that of the curve."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from benchmarks.figures import Measured, all_missed, curve, exponent, missed
from chatproof.checkers.results import GuaranteeResult, Verdict

HELD = GuaranteeResult(name="no-gap", sentence="", result="held", opportunities=1_000, minimum=1, seconds=2.0)
VERDICT = Verdict(
    verdict="pass", exit=0, sentence="pass", guarantees=(HELD,), slos=(), faults=(), evidence_problems=(),
    load_problems=(), totals={}, unexplained=(), run_id="r", seed=1, scenario="s", target="t", replay="",
)  # fmt: skip
GOOD = Measured(1_000_000, 10.0, 1 << 30, VERDICT)


def test_a_good_measurement_misses_nothing() -> None:
    """Every figure is within its bound."""
    assert [] == missed(GOOD)


@pytest.mark.parametrize(
    ("measured", "problem"),
    [
        (GOOD._replace(seconds=361.0), "1,000,000 deliveries: judged in 361 s, more than 360 s"),
        (GOOD._replace(peak_bytes=5 << 30), "1,000,000 deliveries: 5.00 GiB resident, more than 4 GiB"),
        (
            GOOD._replace(verdict=replace(VERDICT, guarantees=(replace(HELD, seconds=31.0),))),
            "1,000,000 deliveries: no-gap took 31.0 s, more than 30 s",
        ),
        (
            GOOD._replace(verdict=replace(VERDICT, guarantees=(replace(HELD, result="broken"),))),
            "1,000,000 deliveries: the clean history is said to break no-gap",
        ),
        (GOOD._replace(verdict=replace(VERDICT, verdict="invalid", sentence="no")), "1,000,000 deliveries: no"),
    ],
    ids=["total", "memory", "guarantee", "alarm", "invalid"],
)
def test_what_is_missed_is_said(measured: Measured, problem: str) -> None:
    """A sentence each."""
    assert [problem] == missed(measured)


def test_the_exponent_is_that_of_the_curve() -> None:
    """Ten times the size in ten times the time is linear; in a hundred times, quadratic."""
    sizes = [GOOD, GOOD._replace(deliveries=10_000_000, seconds=100.0)]
    assert 1.0 == pytest.approx(exponent(sizes))
    assert 2.0 == pytest.approx(exponent([GOOD, sizes[1]._replace(seconds=1_000.0)]))


@pytest.mark.parametrize(
    ("power", "problems"), [(1.09, []), (1.11, ["time grows with the size to the power of 1.11, more than 1.1"])]
)
def test_the_curve_has_a_bound_of_its_own(power: float, problems: list[str]) -> None:
    """Time may grow a little faster than the size; one size alone has no curve."""
    larger = GOOD._replace(deliveries=10_000_000, seconds=10.0 * 10.0**power)
    assert problems == all_missed([GOOD, larger])
    assert [] == all_missed([larger])


def test_what_one_size_misses_is_missed_by_all() -> None:
    """With its size."""
    slow = GOOD._replace(deliveries=10_000_000, peak_bytes=5 << 30, seconds=100.0)
    assert missed(slow) == all_missed([GOOD, slow])


def test_the_curve_names_the_slowest() -> None:
    """A line for each size."""
    assert "    1,000,000      10.0   1.00  no-gap 2.0 s" in curve([GOOD]).split("\n")
