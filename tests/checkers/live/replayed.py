"""A recorded history as a tail would have brought it: cut at instants, halves at the time of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from chatproof.checkers.history.layout import LAYOUTS, OWN_REC
from chatproof.checkers.history.parquet import data_of
from chatproof.checkers.history.schema import ARROW_TYPES
from chatproof.checkers.history.tables import TABLES
from chatproof.checkers.history.tail import Fresh, instant_of
from chatproof.checkers.live.rounds import LiveFinding, LiveJudge
from tests.checkers.model import Recorded

_END_NS = 1 << 60
Row = dict[str, Any]


class Replayed:
    """A source of a `LiveJudge`: each call brings what was recorded up to the next of `cuts` (ns), the last one all."""

    def __init__(self, recorded: Recorded, cuts: Sequence[int]) -> None:
        self._cuts = [-1, *sorted(cuts), _END_NS]
        self._rows = {name: _timed(name, recorded) for name in LAYOUTS}

    def fresh(self) -> Fresh:
        """What was recorded between the last cut and the next."""
        after_ns, upto_ns, *rest = self._cuts
        self._cuts = [upto_ns, *rest]
        due = {name: [row for t_ns, row in rows if after_ns < t_ns <= upto_ns] for name, rows in self._rows.items()}
        return Fresh(upto_ns, {name: _arrow(name, rows) for name, rows in due.items() if rows}, not rest)


def judged_live(recorded: Recorded, cuts: Sequence[int]) -> list[LiveFinding]:
    """All that a live judge finds that looks at these instants, and once at the end."""
    tables = {name: data_of(TABLES[name], recorded.tables[name]) for name in ("devices", "conversations")}
    judge = LiveJudge(Replayed(recorded, cuts), recorded.run, tables)
    found: list[LiveFinding] = []
    for _ in range(len(cuts) + 1):
        found += judge.round().findings
    judge.close()
    return found


def _timed(name: str, recorded: Recorded) -> list[tuple[int, Row]]:
    """The rows of a segment, each with the instant at which it was recorded."""
    layout, table = LAYOUTS[name], TABLES[LAYOUTS[name].table]
    rows = recorded.tables.get(table.name, [])
    if name.endswith(".end"):
        rows = [row for row in rows if any(row.get(column) is not None for column in table.end)]
    instant = instant_of(name)
    read_ns = {row["read"]: row.get("done_ns") or _END_NS for row in recorded.tables.get("reads", [])}
    kept = {"worker", "rec", *(column.name for column in layout.columns), *OWN_REC.get(name.rpartition(".")[2], ())}
    return [
        (read_ns[row["read"]] if instant is None else row.get(instant) or (0 if instant in row else _END_NS),
         {column: row.get(column) for column in table.column_names if column in kept})
        for row in rows
    ]


def _arrow(name: str, rows: Sequence[Row]) -> pa.Table:
    """Rows of one segment as a tail hands them out."""
    types = {column.name: ARROW_TYPES[column.type] for column in TABLES[LAYOUTS[name].table].columns}
    return pa.table({column: pa.array([row[column] for row in rows], types[column]) for column in rows[0]})
