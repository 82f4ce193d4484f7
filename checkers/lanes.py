"""A counter-example as a picture: one self-contained SVG, readable by day and by night.

Time runs down, a row per event; devices, links, nodes, the log and the store stand side by side. A full mark is an
event without which nothing would be broken, a hollow one helps to read it; a line follows each operation from lane to
lane. Faults are bands on the lane of what they hit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from textwrap import wrap
from typing import NamedTuple

from chatproof.checkers.results import FaultResult, Violation, Witness
from chatproof.checkers.svg import Shade, band, dot, label, line, picture

_MARGIN = 24
_CLOCK_WIDTH = 92
_LANE_WIDTH = 104
_TEXT_WIDTH = 640
_TEXT_CHARS = 96
_LINE_HEIGHT = 17
_ROW_HEIGHT = 30
_PAUSE_HEIGHT = 22
_PAUSE_NS = 1_000_000_000
"""A longer pause between two events is drawn as a pause, with its length."""
_MAX_BANDS = 4
_LANE_ORDER = ("device", "session", "link", "process", "disk", "clock", "log", "store")
_OPERATION = re.compile(r"operation (\d+#\d+)")


class _Place(NamedTuple):
    """Where things are: x of each lane, y of each event, y where the lanes begin and end, x of the words."""

    lanes: dict[str, int]
    rows: list[int]
    top: int
    bottom: int
    text: int


def draw(name: str, violation: Violation, faults: Sequence[FaultResult], replay: str) -> str:
    """The SVG document. `name`: the guarantee's; `faults`: those of the run; `replay`: the command that repeats it."""
    witnesses = violation.witnesses
    bands = _bands(violation, faults)
    lanes = _lanes(witnesses, bands)
    width = max(2 * _MARGIN + _CLOCK_WIDTH + _LANE_WIDTH * len(lanes) + _TEXT_WIDTH, 900)
    sentence = wrap(violation.sentence, (width - 2 * _MARGIN) // 8)
    place = _place(witnesses, lanes, 84 + 20 * len(sentence))
    last = _last_words(violation, replay, (width - 2 * _MARGIN) // 7)
    height = place.bottom + 34 + _LINE_HEIGHT * len(last)
    parts = [
        *_heading(name, sentence),
        *_columns(place),
        *(mark for fault in bands for mark in _band(fault, witnesses, place)),
        *_paths(witnesses, place),
        *_events(witnesses, place),
        *(label(_MARGIN, place.bottom + 30 + _LINE_HEIGHT * at, text, Shade.FAINT, 12) for at, text in enumerate(last)),
    ]
    return picture(width, height, f"{name} is broken", violation.sentence, parts)


def _heading(name: str, sentence: Sequence[str]) -> Iterator[str]:
    yield label(_MARGIN, 36, f"{name} is broken", Shade.ALARM, 18, bold=True)
    for at, text in enumerate(sentence):
        yield label(_MARGIN, 62 + 20 * at, text, Shade.INK, 14)


def _last_words(violation: Violation, replay: str, chars: int) -> list[str]:
    """What the marks mean, the faults that were active, and how to see it again."""
    lines = ["● without this nothing is broken · ○ helps to read it"]
    if violation.faults:
        lines += wrap(f"active faults: {', '.join(violation.faults)}", chars)
    return lines + (wrap(f"again: {replay}", chars) if replay else [])


def _lanes(witnesses: Sequence[Witness], bands: Sequence[FaultResult]) -> list[str]:
    """Every lane that something happens on: clients, what lies between, nodes, log, store."""
    names = {witness.lane: None for witness in witnesses}
    hit = {lane.partition(" ")[2] for lane in names}
    names |= {fault.target: None for fault in bands if fault.target not in hit}
    return sorted(names, key=_lane_order)


def _lane_order(lane: str) -> tuple[int, int, str]:
    kind, _, number = lane.partition(" ")
    place = _LANE_ORDER.index(kind) if kind in _LANE_ORDER else _LANE_ORDER.index("link")
    return place, int(number) if number.isascii() and number.isdigit() else 0, lane


def _place(witnesses: Sequence[Witness], lanes: Sequence[str], top: int) -> _Place:
    """Rows follow each other evenly, except that a long pause leaves room for its length."""
    left = _MARGIN + _CLOCK_WIDTH
    y, rows = top + _ROW_HEIGHT, []
    for at, witness in enumerate(witnesses):
        if at:
            extra = _LINE_HEIGHT * (len(_words(witnesses[at - 1])) - 1)
            y += _ROW_HEIGHT + extra + (_PAUSE_HEIGHT if _is_pause(witnesses[at - 1], witness) else 0)
        rows.append(y)
    tail = _LINE_HEIGHT * (len(_words(witnesses[-1])) - 1) if witnesses else 0
    xs = {lane: left + _LANE_WIDTH * at + _LANE_WIDTH // 2 for at, lane in enumerate(lanes)}
    return _Place(xs, rows, top, y + tail + _ROW_HEIGHT // 2, left + _LANE_WIDTH * len(lanes) + 12)


def _is_pause(before: Witness, after: Witness) -> bool:
    return after.t_ns - before.t_ns > _PAUSE_NS


def _words(witness: Witness) -> list[str]:
    return wrap(witness.text, _TEXT_CHARS) or [""]


def _columns(place: _Place) -> Iterator[str]:
    for lane, x in place.lanes.items():
        yield line([(x, place.top + 6), (x, place.bottom)], Shade.RULE)
        yield label(x, place.top - 4, _short(lane), Shade.INK, 12, bold=True, anchor="middle")


def _short(lane: str) -> str:
    """A lane's name where it has to fit its column."""
    return lane if len(lane) <= 16 else f"{lane[:9]}…{lane[-6:]}"


def _events(witnesses: Sequence[Witness], place: _Place) -> Iterator[str]:
    for at, witness in enumerate(witnesses):
        y = place.rows[at]
        if at and _is_pause(witnesses[at - 1], witness):
            pause = f"⋮ {seconds(witness.t_ns - witnesses[at - 1].t_ns)}"
            yield label(_MARGIN + _CLOCK_WIDTH - 16, y - _ROW_HEIGHT // 2 - 6, pause, Shade.FAINT, 11, anchor="end")
        yield label(_MARGIN + _CLOCK_WIDTH - 16, y + 4, seconds(witness.t_ns), Shade.FAINT, 12, anchor="end")
        yield dot(place.lanes[witness.lane], y, Shade.ALARM if witness.needed else Shade.FAINT, full=witness.needed)
        for row, text in enumerate(_words(witness)):
            shade = Shade.INK if witness.needed else Shade.FAINT
            yield label(place.text, y + 4 + _LINE_HEIGHT * row, text, shade, 12.5, bold=False)


def _paths(witnesses: Sequence[Witness], place: _Place) -> Iterator[str]:
    """A line per operation, through its events in the order of time."""
    stations: dict[str, list[tuple[int, int]]] = {}
    for y, witness in zip(place.rows, witnesses, strict=True):
        for operation in _OPERATION.findall(witness.text):
            stations.setdefault(operation, []).append((place.lanes[witness.lane], y))
    for shade, points in zip(_path_shades(), stations.values(), strict=False):
        for (x, y), (next_x, next_y) in pairwise(points):
            yield line([(x, y), (next_x, next_y)], shade)


def _path_shades() -> Iterator[Shade]:
    while True:
        yield from (Shade.PATH_A, Shade.PATH_B, Shade.PATH_C)


def _bands(violation: Violation, faults: Sequence[FaultResult]) -> list[FaultResult]:
    """The active faults that last into the events, those on lanes with events first."""
    if not violation.witnesses:
        return []
    first = violation.witnesses[0].t_ns
    hit = {witness.lane.partition(" ")[2] for witness in violation.witnesses}
    last = violation.witnesses[-1].t_ns
    active = [
        fault for fault in faults
        if f"{fault.kind} of {fault.target}" in violation.faults
        and fault.start_confirmed_ns is not None and fault.start_confirmed_ns <= last
        and (fault.stop_confirmed_ns is None or fault.stop_confirmed_ns >= first)
    ]
    return sorted(active, key=lambda fault: (fault.target not in hit, fault.fault))[:_MAX_BANDS]


def _band(fault: FaultResult, witnesses: Sequence[Witness], place: _Place) -> Iterator[str]:
    """A fault as a band on its lane, from its start to its end or as far as the picture reaches."""
    x = next(x for lane, x in place.lanes.items() if fault.target in (lane, lane.partition(" ")[2]))
    start = _y_of(fault.start_confirmed_ns, witnesses, place, place.top + 18) - 12
    end = _y_of(fault.stop_confirmed_ns, witnesses, place, place.bottom - 12) + 12
    yield band(x - _LANE_WIDTH // 2 + 8, start, _LANE_WIDTH - 16, end - start)
    yield label(x + 10, start + 11, fault.kind, Shade.ALARM, 10)


def _y_of(t_ns: int | None, witnesses: Sequence[Witness], place: _Place, unknown: int) -> int:
    """Where an instant is: between the rows of the events around it."""
    if t_ns is None:
        return unknown
    if t_ns <= witnesses[0].t_ns:
        return place.rows[0] if t_ns == witnesses[0].t_ns else place.top + 18
    for (before, after), (y, next_y) in zip(pairwise(witnesses), pairwise(place.rows), strict=True):
        if t_ns <= after.t_ns:
            return y + (next_y - y) * (t_ns - before.t_ns) // max(1, after.t_ns - before.t_ns)
    return place.bottom - 12


def seconds(duration_ns: int) -> str:
    """`12.345 s`, by integer arithmetic."""
    return f"{duration_ns // 1_000_000_000}.{duration_ns % 1_000_000_000 // 1_000_000:03} s"
