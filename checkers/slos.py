"""The SLOs of a run: samples against objectives, each with a 95 % interval and the least it must stand on.

Thresholds come from the OpenSLO documents in run.json and from nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec.structs import replace

from chatproof.checkers.bootstrap import miss_bound, quantile, quantile_interval, ratio_interval
from chatproof.checkers.evidence import load_window
from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.objectives import NS_PER_MS, Objective, objective_of
from chatproof.checkers.results import SloOutcome, SloResult
from chatproof.checkers.samples import NEEDS, Apart, Samples, SampleWindow, queries_of, samples_of, sends_apart


def slo_queries(run: RunDocument) -> tuple[str, ...]:
    """What is asked for the SLOs of a run. Raises `HistoryError` where a document in run.json cannot be judged."""
    return tuple(query for document in run.slos for query in queries_of(objective_of(document).sample))


def evaluate_slos(history: History, bad_blocks: Iterable[int]) -> tuple[SloResult, ...]:
    """The result of every SLO of the run, in the order of its documents; seconds in `bad_blocks` are left out.

    The relations that `slo_queries` rest on are in place. Raises `HistoryError` as that does.
    """
    bad = sorted(bad_blocks)
    return tuple(_evaluate(history, objective_of(document), bad) for document in history.run.slos)


def sample_window(history: History, objective: Objective, bad: Sequence[int]) -> SampleWindow | None:
    """What is sampled for an objective, without the seconds `bad`; None where the run has no main that ended."""
    main = load_window(history)
    if main is None:
        return None
    return SampleWindow(*main, _late_ns(history, main), bad, _calm_ns(history, objective))


def _evaluate(history: History, objective: Objective, bad: Sequence[int]) -> SloResult:
    window = sample_window(history, objective, bad)
    missing = [name for name in NEEDS[objective.sample] if not history.has(name)]
    if window is None or missing:
        reason = f"not observable without the table {missing[0]}" if missing else "the run has no main phase"
        return _too_few(objective, 0, 0, reason)
    result = judge_samples(objective, samples_of(history.sql, objective.sample, window), history.run.seed)
    if objective.sample != "send_ack" or result.reason:
        return result
    return replace(result, reason=_told(sends_apart(history.sql, window)))


def _told(apart: Iterable[Apart]) -> str:
    """Sends that were not calm, in words: they are reported, not judged."""
    each = [f"{count:,} under {kind} (p95 {_whole_ms(p95)})" for kind, count, p95 in apart]
    return f"not calm, so not judged: {', '.join(each)}" if each else ""


def judge_samples(objective: Objective, samples: Samples, seed: int) -> SloResult:
    """Compare samples with their objective: met or missed only where the whole interval is on one side."""
    count, blocks = samples.latency_ns.size, np.unique(samples.blocks).size
    if count < objective.minimum_samples:
        return _too_few(objective, count, blocks, f"it needs {objective.minimum_samples} samples")
    if blocks < objective.minimum_blocks:
        return _too_few(objective, count, blocks, f"it needs samples in {objective.minimum_blocks} seconds")
    return (_judge_ratio if objective.as_ratio else _judge_quantile)(objective, samples, seed)


def _judge_ratio(objective: Objective, samples: Samples, seed: int) -> SloResult:
    good = _good(objective, samples)
    low, high = ratio_interval(good, samples.blocks, seed)
    if good.all():
        low = 1.0 - miss_bound(good.size)
    outcome: SloOutcome = "met" if low >= objective.target else "missed" if high < objective.target else "uncertain"
    return _result(
        objective, samples, outcome, value=_percent(float(good.mean())), low=_percent(low), high=_percent(high),
        threshold=_percent(objective.target), unit="%",
    )


def _judge_quantile(objective: Objective, samples: Samples, seed: int) -> SloResult:
    threshold_ns = objective.threshold_ns or 0
    low, high = quantile_interval(samples.latency_ns, samples.blocks, objective.target, seed)
    outcome: SloOutcome = "met" if high < threshold_ns else "missed" if low >= threshold_ns else "uncertain"
    if _good(objective, samples).all() and miss_bound(samples.latency_ns.size) > 1.0 - objective.target:
        outcome = "uncertain"
    value = quantile(samples.latency_ns, objective.target)
    return _result(
        objective, samples, outcome, value=_ms(value), low=_ms(low), high=_ms(high),
        threshold=threshold_ns / NS_PER_MS, unit="ms",
        reason="" if math.isfinite(value) else "too many samples took forever for the percentile to be a number",
    )


def _good(objective: Objective, samples: Samples) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which samples are below the threshold, or finite where there is none."""
    if objective.threshold_ns is None:
        return np.isfinite(samples.latency_ns)
    good: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = samples.latency_ns < objective.threshold_ns
    return good


def _result(
    objective: Objective, samples: Samples, outcome: SloOutcome, *, value: float | None, low: float | None,
    high: float | None, threshold: float, unit: str, reason: str = "",
) -> SloResult:
    return SloResult(
        name=objective.name, objective=objective.sentence, result=outcome, value=value, low=low, high=high,
        threshold=threshold, unit=unit, samples=samples.latency_ns.size, blocks=np.unique(samples.blocks).size,
        reason=reason,
    )


def _too_few(objective: Objective, samples: int, blocks: int, reason: str) -> SloResult:
    return SloResult(
        name=objective.name, objective=objective.sentence, result="too few samples", value=None, low=None, high=None,
        threshold=_percent(objective.target) if objective.as_ratio else (objective.threshold_ns or 0) / NS_PER_MS,
        unit="%" if objective.as_ratio else "ms", samples=samples, blocks=blocks, reason=reason,
    )


def _calm_ns(history: History, objective: Objective) -> int:
    """How long a sample must be calm: until it would be late; the delivery SLOs share one bound."""
    bound = history.run.bounds["delivery_threshold_ns"]
    return bound if objective.sample == "delivery" else objective.threshold_ns or bound


def _late_ns(history: History, window: tuple[int, int]) -> int:
    """Until when returning devices are sampled: they come back in heal too, until drain is over."""
    ended = history.rows("SELECT max(end_ns) FROM phases WHERE phase IN ('main', 'heal', 'resolve', 'drain')")[0][0]
    return max(int(ended or 0), window[1])


def _ms(ns: float) -> float | None:
    """Milliseconds; None for never, which JSON has no number for."""
    return round(ns / NS_PER_MS, 3) if math.isfinite(ns) else None


def _whole_ms(ns: float) -> str:
    return f"{ns / NS_PER_MS:,.0f} ms" if math.isfinite(ns) else "never"


def _percent(share: float) -> float:
    return round(100.0 * share, 4)
