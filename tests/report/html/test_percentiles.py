"""Percentiles by step are the judge's percentiles."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chatproof.checkers.bootstrap import quantile
from chatproof.checkers.samples import Samples
from chatproof.report.html.percentiles import Step, milliseconds, steps_of


def test_each_step_has_the_samples_that_began_in_it() -> None:
    """Steps begin at multiples of their length; empty ones are left out."""
    samples = Samples(np.array([1e6, 3e6, 5e6, np.inf]), np.array([10, 11, 14, 14]))
    assert (
        Step(10.0, 2, (1.0, 3.0), 0), Step(14.0, 2, (5.0, math.inf), 1),
    ) == steps_of(samples, 2, (0.5, 0.99))


def test_a_percentile_is_defined_as_by_the_judge() -> None:
    """One definition: the least value that at least that share does not exceed."""
    values = np.random.default_rng(4).exponential(1e7, 137)
    (step,) = steps_of(Samples(values, np.zeros(137, np.int64)), 1, (0.95,))
    assert quantile(values, 0.95) / 1e6 == step.values_ms[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.42, "0.4 ms"), (99.94, "99.9 ms"), (123.4, "123 ms"), (1_234.0, "1.23 s"), (math.inf, "never")],
)
def test_latencies_have_three_digits(value: float, text: str) -> None:
    """Seconds from a thousand ms on."""
    assert text == milliseconds(value)
