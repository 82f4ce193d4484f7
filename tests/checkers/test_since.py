"""Judging a soak again: finished conversations keep their answers, the rest is judged anew, results are equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.history.history import History
from chatproof.checkers.judge import judge
from chatproof.checkers.since import Memory, plan, recall
from tests.checkers.alike import findings
from tests.checkers.model import Recorded, build

NAMES = ("shown-once", "one-id-per-seq", "no-gap")
"""Two monotone guarantees, and one that is not."""


def remembered(recorded: Recorded, path: Path) -> Memory:
    """What is remembered after judging a history twice: once it is not yet known what goes on."""
    for _ in range(2):
        with recorded.history() as history:
            judge(history, names=NAMES, since=path)
    return recall(path)


def grown(recorded: Recorded, conv: int) -> Recorded:
    """The same history with one more arrival in one conversation, of a message that is shown a second time."""
    rows: list[dict[str, Any]] = recorded.tables["deliveries"]
    row = next(row for row in rows if row["conv"] == conv and row["shown"] and row["event"] == "message")
    again = {**row, "rec": max(each["rec"] for each in rows) + 1_000_000, "t_ns": max(each["t_ns"] for each in rows)}
    return Recorded(recorded.run, {**recorded.tables, "deliveries": [*rows, again]})


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    """Where there is no file, or one that is not ours, everything is judged."""
    path = tmp_path / "judged.json"
    assert Memory("") == recall(path)
    path.write_text("{")
    assert Memory("") == recall(path)


@pytest.mark.slow
def test_only_monotone_guarantees_are_remembered(tmp_path: Path) -> None:
    """Others may say something else of the same rows when the run has gone on."""
    memory = remembered(build(1), tmp_path / "judged.json")
    assert [{"shown-once", "one-id-per-seq"}] == [set(group.answers) for group in memory.groups]


@pytest.mark.slow
def test_what_has_not_changed_is_carried_over(tmp_path: Path) -> None:
    """Both conversations are finished: one group with answers, and one for what belongs to no conversation."""
    recorded, path = build(1), tmp_path / "judged.json"
    memory = remembered(recorded, path)
    with recorded.history() as history:
        groups = plan(history, [GUARANTEES[name] for name in NAMES], memory).groups
    assert [((0, 1), True), ((), False)] == [(tuple(sorted(group.convs)), bool(group.carried)) for group in groups]


@pytest.mark.slow
def test_a_new_row_makes_a_conversation_go_on(tmp_path: Path) -> None:
    """It and what was judged with it are judged again, what is finished apart from what goes on."""
    recorded = build(1)
    memory = remembered(recorded, tmp_path / "judged.json")
    with grown(recorded, 0).history() as history:
        groups = plan(history, [GUARANTEES[name] for name in NAMES], memory).groups
    assert [((1,), False), ((0,), False)] == [(group.convs, bool(group.carried)) for group in groups]


@pytest.mark.slow
def test_other_definitions_forget_everything(tmp_path: Path) -> None:
    """Answers to other questions, or by other bounds, are none to these."""
    recorded = build(1)
    memory = remembered(recorded, tmp_path / "judged.json")
    run = msgspec.structs.replace(recorded.run, bounds={"clock_error_ns": 5})
    with History.of(run, recorded.tables) as history:
        groups = plan(history, [GUARANTEES[name] for name in NAMES], memory).groups
    assert [False] == [bool(group.carried) for group in groups]


@pytest.mark.slow
def test_the_verdict_is_that_of_a_judgement_from_scratch(tmp_path: Path) -> None:
    """While a history grows, the checks that remember say what a check that does not would say, violations too."""
    recorded, path = build(2), tmp_path / "judged.json"
    for conv in (None, 0, None, 1):
        recorded = recorded if conv is None else grown(recorded, conv)
        with recorded.history() as history:
            assert findings(history) == findings(history, since=path)
