"""The time that charts show, and the faults in it: bands with labels that do not cover each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chatproof.checkers.history.history import History
from chatproof.checkers.results import FaultResult

MAX_STEPS = 240
"""Charts have at most so many steps, whatever the length of a run: it bounds the size of the page."""

_SHARED_NS = 200_000_000
"""Faults of one kind whose starts and ends are this close are one fault on several targets."""
_LETTER_SHARE = 0.0065
"""A letter of a label, as a share of a chart's width."""


class Span(NamedTuple):
    """What the charts of a page show: from the first load to the end of what is sampled, in whole steps, in seconds."""

    start_s: float
    end_s: float
    step_s: int


class Band(NamedTuple):
    """A stretch of time under a fault, in seconds of the run; `row`: labels of one row do not cover each other."""

    start_s: float
    end_s: float
    label: str
    row: int = 0


def span_of(history: History) -> Span | None:
    """From warm-up (or main) to the end of drain (or of the last phase before it); None without phases."""
    if not history.has("phases"):
        return None
    start_ns, end_ns = history.rows(
        "SELECT min(start_ns) FILTER (phase IN ('warm_up', 'main')), "
        "max(coalesce(end_ns, start_ns)) FILTER (phase IN ('warm_up', 'main', 'heal', 'resolve', 'drain')) FROM phases"
    )[0]
    if start_ns is None or end_ns is None or start_ns >= end_ns:
        return None
    start_s, end_s = start_ns // 10**9, -(-end_ns // 10**9)
    return Span(float(start_s), float(end_s), max(1, -(-(end_s - start_s) // MAX_STEPS)))


def bands_of(faults: Iterable[FaultResult], span: Span) -> tuple[Band, ...]:
    """The faults that began, those of one kind at one time together, as far as the charts reach."""
    groups: list[list[FaultResult]] = []
    for fault in sorted(faults, key=lambda fault: (fault.start_confirmed_ns or 0, fault.fault)):
        if fault.start_confirmed_ns is None:
            continue
        group = next((group for group in groups if _is_one(group[0], fault)), None)
        if group is None:
            groups.append([fault])
        else:
            group.append(fault)
    return _in_rows([_band(group, span) for group in groups], span)


def _is_one(first: FaultResult, fault: FaultResult) -> bool:
    times = (
        (first.start_confirmed_ns, fault.start_confirmed_ns), (first.stop_confirmed_ns, fault.stop_confirmed_ns),
    )
    return first.kind == fault.kind and all(
        a == b or (a is not None and b is not None and abs(a - b) <= _SHARED_NS) for a, b in times
    )


def _band(group: Sequence[FaultResult], span: Span) -> Band:
    stops = [fault.stop_confirmed_ns for fault in group]
    end_s = max((stop / 1e9 for stop in stops if stop is not None), default=span.end_s)
    targets = [fault.target for fault in group]
    on = ", ".join(targets) if len(targets) <= 2 else f"{len(targets)} targets"
    begun_s = min(fault.start_confirmed_ns or 0 for fault in group) / 1e9
    return Band(max(begun_s, span.start_s), min(max(end_s, begun_s), span.end_s), f"{group[0].kind} {on}")


def _in_rows(bands: Sequence[Band], span: Span) -> tuple[Band, ...]:
    """Each label in the first row in which there is room for it."""
    letter_s = _LETTER_SHARE * (span.end_s - span.start_s)
    ends: list[float] = []
    placed = []
    for band in bands:
        row = next((at for at, end in enumerate(ends) if end <= band.start_s), len(ends))
        ends[row:row + 1] = [band.start_s + letter_s * (len(band.label) + 1)]
        placed.append(band._replace(row=row))
    return tuple(placed)
