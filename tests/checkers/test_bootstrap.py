"""The bootstrap: exact where everything is equal, honest where it is not, the same for the same seed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chatproof.checkers.bootstrap import miss_bound, quantile, quantile_interval, ratio_interval


@pytest.mark.parametrize(("q", "expected"), [(0.95, 95.0), (0.5, 50.0), (1.0, 100.0), (0.001, 1.0)])
def test_a_quantile_is_a_value_that_occurred(q: float, expected: float) -> None:
    """The least value that a fraction q does not exceed."""
    assert expected == quantile(np.arange(1.0, 101.0), q)


def test_infinite_values_count() -> None:
    """Six of a hundred that took forever make the p95 infinite, five do not."""
    five = np.concatenate([np.ones(95), np.full(5, np.inf)])
    six = np.concatenate([np.ones(94), np.full(6, np.inf)])
    assert (1.0, math.inf) == (quantile(five, 0.95), quantile(six, 0.95))


def test_equal_blocks_leave_no_doubt() -> None:
    """Where every second is the same, resampling seconds changes nothing."""
    values = np.tile(np.arange(1.0, 101.0), 30)
    blocks = np.repeat(np.arange(30), 100)
    assert (95.0, 95.0) == quantile_interval(values, blocks, 0.95, 1)


def test_one_slow_second_is_one_piece_of_evidence() -> None:
    """200 slow samples of one second of thirty widen the interval to both sides: they fell together."""
    values = np.concatenate([np.full(29 * 200, 10.0), np.full(200, 900.0)])
    blocks = np.repeat(np.arange(30), 200)
    assert (10.0, 900.0) == quantile_interval(values, blocks, 0.95, 1)


def test_the_interval_of_a_ratio_holds_the_ratio() -> None:
    """The share of good samples lies inside its interval, which more seconds make narrower."""
    draw = np.random.default_rng(3)
    good, blocks = draw.random(6000) < 0.99, np.repeat(np.arange(60), 100)
    low, high = ratio_interval(good, blocks, 1)
    some_low, some_high = ratio_interval(good[:600], blocks[:600], 1)
    assert low < good.mean() < high
    assert high - low < some_high - some_low


def test_a_seed_gives_one_interval() -> None:
    """Judging a run again gives the same verdict."""
    draw = np.random.default_rng(3)
    values, blocks = draw.random(500), np.repeat(np.arange(20), 25)
    assert quantile_interval(values, blocks, 0.95, 7) == quantile_interval(values, blocks, 0.95, 7)


@pytest.mark.parametrize(("samples", "bound"), [(3000, 0.001), (59, 0.05)])
def test_no_miss_is_not_no_risk(samples: int, bound: float) -> None:
    """n samples without a miss leave a miss rate of about 3/n credible: the minimums just suffice."""
    assert bound - 0.0006 < miss_bound(samples) < bound
