"""Confidence intervals by block bootstrap: samples of one second stand or fall together, so seconds are resampled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Blocks = NDArray[np.int64]

RESAMPLES = 1_000
CONFIDENCE = 0.95
_CHUNK_CELLS = 4_000_000
"""Resamples are drawn in chunks of at most so many (resample, sample) cells, to bound the memory."""


def quantile(values: Floats, q: float) -> float:
    """The least value that at least a fraction `q` of the values do not exceed; infinite values count as values."""
    return float(np.sort(values)[_rank(values.size, q)])


def quantile_interval(values: Floats, blocks: Blocks, q: float, seed: int) -> tuple[float, float]:
    """The interval of `quantile(values, q)`; `blocks` says to which block each value belongs."""
    order = np.argsort(values, kind="stable")
    ranked, places = values[order], np.unique(blocks, return_inverse=True)[1][order]
    weights = _weights(int(places.max()) + 1, seed)
    chunk = max(1, _CHUNK_CELLS // values.size)
    drawn = [_weighted_quantiles(ranked, weights[at:at + chunk][:, places], q) for at in range(0, RESAMPLES, chunk)]
    return _interval(np.concatenate(drawn))


def ratio_interval(good: NDArray[np.bool_], blocks: Blocks, seed: int) -> tuple[float, float]:
    """The interval of the share of good samples."""
    places = np.unique(blocks, return_inverse=True)[1]
    count = np.bincount(places).astype(np.float64)
    hits = np.bincount(places, weights=good.astype(np.float64))
    weights = _weights(count.size, seed)
    return _interval((weights @ hits) / (weights @ count))


def miss_bound(samples: int) -> float:
    """The largest miss rate that `samples` without a miss leave credible: about 3/n, exactly 1 - 0.05^(1/n)."""
    return 1.0 - float((1.0 - CONFIDENCE) ** (1.0 / samples))


def _weights(blocks: int, seed: int) -> Floats:
    """How often each resample drew each block: RESAMPLES rows that each sum to the number of blocks."""
    draw = np.random.default_rng(seed)
    return draw.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=RESAMPLES).astype(np.float64)


def _weighted_quantiles(ranked: Floats, weights: Floats, q: float) -> Floats:
    """Per row of weights, the least ranked value whose cumulative weight reaches `q` of the whole."""
    cumulative = np.cumsum(weights, axis=1)
    reached = cumulative >= q * cumulative[:, -1:] - 1e-9
    found: Floats = ranked[np.argmax(reached, axis=1)]
    return found


def _rank(size: int, q: float) -> int:
    return max(int(np.ceil(q * size - 1e-9)) - 1, 0)


def _interval(drawn: Floats) -> tuple[float, float]:
    """The middle CONFIDENCE of the drawn values; order statistics, as values may be infinite."""
    tail = (1.0 - CONFIDENCE) / 2
    return quantile(drawn, tail), quantile(drawn, 1.0 - tail)
