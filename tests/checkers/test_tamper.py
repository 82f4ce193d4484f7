"""Tampering with a recorded history that passes: each manipulation is found, under the name that it deserves."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from msgspec.structs import replace

from chatproof.checkers.judge import judge
from chatproof.checkers.results import Verdict
from tests.checkers.corrupters import exchange
from tests.checkers.model import Recorded, build

pytestmark = pytest.mark.slow

Row = dict[str, Any]
REQUIRED = (
    "no-lost-message", "no-phantom", "idempotent-send", "shown-once", "one-id-per-seq", "ordered-stream", "no-gap",
    "durable-ack",
)


@pytest.fixture(scope="module")
def passing() -> Recorded:
    """A history with kills, retries and resumes whose verdict is pass, each required guarantee being exercised."""
    recorded = build(11, steps=160)
    run = replace(recorded.run, required=REQUIRED, minimums=dict.fromkeys(REQUIRED, 1))
    return Recorded(run, recorded.tables)


@pytest.fixture
def copy(passing: Recorded) -> Recorded:
    """The same, to be spoiled."""
    return Recorded(passing.run, deepcopy(passing.tables))


def verdict_of(recorded: Recorded) -> Verdict:
    """The judge's word."""
    with recorded.history() as history:
        return judge(history, trials=0)


def broken(verdict: Verdict) -> set[str]:
    """The names of the broken guarantees."""
    return {result.name for result in verdict.guarantees if result.result == "broken"}


def only_arrival(rows: list[Row], wanted: Callable[[Row], bool]) -> Row:
    """The last row that is the only arrival of its message at its device."""
    arrivals: dict[tuple[int, int], int] = {}
    for row in rows:
        arrivals[row["dev"], row["op"]] = arrivals.get((row["dev"], row["op"]), 0) + 1
    return next(row for row in reversed(rows) if wanted(row) and arrivals[row["dev"], row["op"]] == 1)


def live_message(row: Row) -> bool:
    """A message that was pushed and shown."""
    return bool(row["via"] == "live" and row["shown"] and row["event"] == "message")


def test_untouched_it_passes(copy: Recorded) -> None:
    """The history that the others spoil is judged pass, with every required guarantee held."""
    verdict = verdict_of(copy)
    assert ("pass", 0) == (verdict.verdict, verdict.exit)
    assert set(REQUIRED) <= {result.name for result in verdict.guarantees if result.result == "held"}


def test_a_removed_delivery_is_a_lost_message(copy: Recorded) -> None:
    """The only delivery of an acknowledged message at one judged device is removed."""
    rows = copy.tables["deliveries"]
    acked = {row["op"] for row in copy.tables["operations"] if row.get("outcome") == "ok"}
    row = only_arrival(rows, lambda row: live_message(row) and row["op"] in acked and row["op"] >> 32 != row["dev"])
    rows.remove(row)
    verdict = verdict_of(copy)
    assert ("fail", 10) == (verdict.verdict, verdict.exit)
    assert "no-lost-message" in broken(verdict)
    assert () == verdict.unexplained


def test_a_row_shown_again_is_shown_twice(copy: Recorded) -> None:
    """One shown row is appended again with a fresh rec, when everything else had come."""
    rows = copy.tables["deliveries"]
    row = next(row for row in rows if live_message(row))
    rec = max(other.get("rec", 0) for table in copy.tables.values() for other in table) + 1
    rows.append({**row, "rec": rec, "t_ns": rows[-1]["t_ns"]})
    assert {"shown-once"} == broken(verdict_of(copy))


def test_exchanged_live_rows_are_out_of_order(copy: Recorded) -> None:
    """All columns but worker, rec and t_ns of two live rows of one device and conversation are exchanged."""
    live = [row for row in copy.tables["deliveries"] if live_message(row)]
    one = live[0]
    two = next(
        row for row in live if (row["dev"], row["conv"]) == (one["dev"], one["conv"]) and row["seq"] > one["seq"]
    )
    exchange(one, two)
    verdict = verdict_of(copy)
    assert 10 == verdict.exit
    assert "ordered-stream" in broken(verdict)


@pytest.mark.parametrize("table", ["deliveries", "read_items"])
def test_a_changed_content_is_a_phantom(copy: Recorded, table: str) -> None:
    """One body_hash is changed, in an arrival or in a page."""
    row = next(row for row in copy.tables[table] if row["event"] == "message")
    row["body_hash"] += 1
    assert {"no-phantom"} == broken(verdict_of(copy))


@pytest.mark.parametrize("distance", [1, -1, 100_000])
def test_a_changed_seq_is_two_ids(copy: Recorded, distance: int) -> None:
    """One seq is changed, to a neighbour's or to one that nobody has; others may be broken as well."""
    row = next(row for row in copy.tables["deliveries"] if live_message(row) and row["seq"] > 2)
    row["seq"] += distance
    assert "one-id-per-seq" in broken(verdict_of(copy))


@pytest.mark.parametrize("expected_faults", [0, None])
def test_without_faults_it_does_not_pass(copy: Recorded, expected_faults: int | None) -> None:
    """The faults are emptied, whether or not run.json says how many there should be."""
    copy.tables["faults"] = []
    copy.tables["processes"] = []
    run = copy.run if expected_faults is None else replace(copy.run, expected_faults=expected_faults)
    assert "pass" != verdict_of(Recorded(run, copy.tables)).verdict


def test_a_duplicate_operation_is_no_evidence(copy: Recorded) -> None:
    """An operation id occurs twice."""
    rows = copy.tables["operations"]
    rows.append({**rows[0], "rec": 10_000_000})
    verdict = verdict_of(copy)
    assert ("invalid", 21) == (verdict.verdict, verdict.exit)
    assert "cannot be trusted" in verdict.sentence


@pytest.mark.parametrize("required", [REQUIRED, ()])
def test_an_empty_history_does_not_pass(passing: Recorded, required: tuple[str, ...]) -> None:
    """Nothing happened: nothing is shown, even where nothing is required."""
    run = replace(passing.run, required=required, expected_faults=0)
    for tables in ({}, {name: [] for name in passing.tables}):
        assert verdict_of(Recorded(run, dict(tables))).verdict in {"inconclusive", "invalid"}


def test_a_sick_generator_voids_time_but_not_proof(copy: Recorded) -> None:
    """A plane that stood still: invalid without a violation, fail with one, and guarantees about time are void."""
    for row in copy.tables["generator"]:
        row["stall_max_ns"] = 500_000_000
    verdict = verdict_of(copy)
    assert ("invalid", 21) == (verdict.verdict, verdict.exit)
    progress = next(result for result in verdict.guarantees if result.name == "progress")
    assert "not observable" == progress.result
    next(row for row in copy.tables["deliveries"] if row["event"] == "message")["body_hash"] += 1
    assert ("fail", 10) == (verdict_of(copy).verdict, verdict_of(copy).exit)
