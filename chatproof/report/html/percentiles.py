"""Samples step by step: the percentiles of those that began in each step of a chart, by the judge's definition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chatproof.checkers.bootstrap import Floats, quantile
from chatproof.checkers.samples import Samples

NS_PER_MS = 1e6


class Step(NamedTuple):
    """The samples of one step: when it begins, how many, their percentiles in ms (infinite for never), and how many
    never ended."""

    start_s: float
    samples: int
    values_ms: tuple[float, ...]
    never: int


def steps_of(samples: Samples, step_s: int, quantiles: Sequence[float]) -> tuple[Step, ...]:
    """The steps in which there are samples, in order; a step begins at a multiple of `step_s`."""
    starts = samples.blocks // step_s * step_s
    return tuple(
        _step(int(start), samples.latency_ns[starts == start], quantiles) for start in np.unique(starts).tolist()
    )


def _step(start: int, latency_ns: Floats, quantiles: Sequence[float]) -> Step:
    return Step(
        float(start), latency_ns.size, tuple(quantile(latency_ns, q) / NS_PER_MS for q in quantiles),
        int(np.isinf(latency_ns).sum()),
    )


def milliseconds(value: float) -> str:
    """A latency in words: three digits are enough."""
    if math.isinf(value):
        return "never"
    if value >= 1_000:
        return f"{value / 1_000:,.2f} s"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms"
