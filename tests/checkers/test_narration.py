"""Rows in words: each table has its own, and one that has none is told as it stands."""

from __future__ import annotations

from typing import Any

import pytest

from chatproof.checkers.history.tables import TABLES
from chatproof.checkers.narration import Event, Narrator
from chatproof.checkers.neighbourhood import Neighbourhood, Row

READ = {"read": 9, "walk": 8, "done_ns": 70, "invoke_ns": 60}


def tell(table: str, at_ns: int | None = None, /, **values: Any) -> tuple[Event, ...]:
    """A row whose other columns are NULL."""
    blank = dict.fromkeys(TABLES[table].column_names)
    narrator = Narrator(Neighbourhood((Row("reads", READ, 1, 60),), (), {4: 1}))
    return narrator.tell(Row(table, {**blank, **values}, 1, at_ns))


@pytest.mark.parametrize(
    ("table", "values", "expected"),
    [
        ("operations", {"op": 1 << 32 | 7, "dev": 1, "conv": 2, "kind": "send", "invoke_ns": 5},
         Event(5, "device 1", "tries send in conversation 2, operation 1#7")),
        ("attempts", {"op": 1 << 32 | 7, "attempt": 1, "session": 4, "invoke_ns": 5},
         Event(5, "device 1", "attempt 1 of operation 1#7 on session 4: no answer")),
        ("resumes", {"session": 4, "conv": 2, "from_seq": 3, "invoke_ns": 5},
         Event(5, "device 1", "resumes conversation 2 after seq 3 on session 4: no answer")),
        ("notices", {"session": 5, "kind": "gap", "from_seq": 2, "to_seq": 3, "t_ns": 5},
         Event(5, "session 5", "is told gap on session 5, seqs 2 to 3")),
        ("read_items", {"read": 9, "conv": 2, "seq": 3, "event": "edit", "deleted": True},
         Event(70, "store", "read 9 (walk 8) returns edit at seq 3 of conversation 2, deleted")),
        ("memberships", {"conv": 2, "user": 3, "change": "kick", "invoke_ns": 5},
         Event(5, "log", "kick of user 3 in conversation 2: no answer")),
        ("processes", {"node": "n", "event": "killed", "t_ns": 5}, Event(5, "process n", "is killed")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rows_are_told(table: str, values: dict[str, Any], expected: Event) -> None:
    """Where, when and what; a session's doings stand on its device's lane where that is known."""
    assert (expected,) == tell(table, **values)


def test_a_row_without_words_is_told_as_it_stands() -> None:
    """What it holds, but for times and numbers of record; its lane is its device, or its table."""
    told = tell("device_queue", 5, dev=1, t_ns=5, qseq=3, item=2, action="acked", worker=0, rec=1)
    assert (Event(5, "device 1", "device_queue: dev 1, qseq 3, item 2, action acked"),) == told


def test_what_has_no_time_is_not_told() -> None:
    """An item whose read is unknown, a fault that was never confirmed."""
    assert () == tell("read_items", read=1, conv=2, seq=3, deleted=False)
    assert () == tell("faults", kind="kill", target_kind="process", target="n")


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_table_can_be_told(table: str) -> None:
    """No row makes it fail, whatever is NULL in it."""
    required = [column for column in TABLES[table].columns if column.required]
    told = tell(table, 1, **{column.name: "x" if column.type == "TEXT" else 1 for column in required})
    assert [] == [event for event in told if "None" in event.text]
