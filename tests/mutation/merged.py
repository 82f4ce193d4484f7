"""Several histories as one.

    merged      each with people, conversations and links of its own, one after the other in time: a mutant is put
                before all of them at once, for the price of one query
    beside      two of the same people at the same time, in conversations of their own
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.checkers.model import Recorded

Row = dict[str, Any]

FEW, MANY = 1_000, 10_000_000
"""Ids of one history are smaller: of people and conversations, and of everything else that is numbered."""

_PEOPLE = (
    "dev", "of_dev", "by_dev", "owner_dev", "resume_token_dev", "user", "subject", "conv", "canary_conv", "workspace",
    "scope_id",
)
_IDS = ("session", "prev_session", "read", "reload_read", "walk", "fault", "change", "episode", "blob")
_RECS = ("rec", "rec_invoke", "rec_done", "live_rec", "from_rec", "to_rec")
_SHIFTS = dict.fromkeys(_PEOPLE, FEW) | dict.fromkeys(_IDS + _RECS, MANY) | {"op": FEW << 32}
"""Column → how far the ids of one history are from those of the next."""

_BESIDE = dict.fromkeys((*_IDS, "op"), MANY // 2) | {"conv": FEW // 2, "canary_conv": FEW // 2}
"""The same for a second history of the same people."""

_DURATIONS = ("keep_ns", "sweep_bound_ns", "ttl_ns")
_LINKS = ("link", "target")


def merged(histories: Sequence[Recorded]) -> Recorded:
    """One history with the run document of the first; the last one's drain ends it."""
    tables: dict[str, list[Row]] = {}
    starts = _starts(histories)
    for at, (history, start_ns) in enumerate(zip(histories, starts, strict=True)):
        for name, rows in history.tables.items():
            if name not in ("phases", "generator"):
                tables.setdefault(name, []).extend(_moved(row, at, start_ns) for row in rows)
    last = [_moved(row, 0, starts[-1]) for row in histories[-1].tables["phases"]]
    first_ns = min(row["start_ns"] for row in last)
    tables["phases"] = [row | ({"start_ns": 0} if row["start_ns"] == first_ns else {}) for row in last]
    return Recorded(histories[0].run, tables)


def beside(one: Recorded, other: Recorded) -> Recorded:
    """One history with the run document of the first, and the phases of the one that lasts longer."""
    tables: dict[str, list[Row]] = {}
    for at, history in enumerate((one, other)):
        for name, rows in history.tables.items():
            tables.setdefault(name, []).extend(_put_beside(row, at) for row in rows)
    for name in ("devices", "presence_truth"):
        tables[name] = [dict(row) for row in one.tables.get(name, [])]
    tables["phases"] = max((one.tables["phases"], other.tables["phases"]), key=lambda rows: rows[-1]["end_ns"])
    return Recorded(one.run, tables)


def _put_beside(row: Row, at: int) -> Row:
    """A row of the first history or of the second: their recs alternate."""
    shifted = {
        name: value + at * _BESIDE[name] if name in _BESIDE and value and isinstance(value, int) else value
        for name, value in row.items()
    }
    return shifted | {name: 2 * row[name] + at for name in _RECS if row.get(name) is not None}


def _starts(histories: Iterable[Recorded]) -> list[int]:
    """When each begins, in ns: after all that the one before it names."""
    starts, end_ns = [], 0
    for history in histories:
        starts.append(end_ns)
        instants = (
            value for name, rows in history.tables.items() if name != "generator" for row in rows
            for column, value in row.items() if column.endswith("_ns") and column not in _DURATIONS and value
        )
        end_ns += max(instants, default=0)
    return starts


def _moved(row: Row, at: int, start_ns: int) -> Row:
    """A row of the history of that number. Operation 0, which provisioned members have, is everybody's."""
    return {name: value if value is None else _shifted(name, value, at, start_ns) for name, value in row.items()}


def _shifted(name: str, value: Any, at: int, start_ns: int) -> Any:
    if name.endswith("_ns") and name not in _DURATIONS:
        return value + start_ns
    if name in _LINKS and value.startswith("link"):
        return f"{value} of {at}"
    if name == "op" and value == 0:
        return 0
    return value + at * _SHIFTS[name] if name in _SHIFTS and isinstance(value, int) else value
