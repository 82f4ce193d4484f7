"""Evidence and load: a clean run has no problems, and each way to spoil one is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from chatproof.checkers import evidence
from chatproof.checkers.evidence import (
    bad_blocks,
    blocks_of,
    evidence_problems,
    is_about_load,
    load_problems,
    load_window,
)
from chatproof.checkers.history.checksum import checksum, worker_rows
from chatproof.checkers.history.parquet import data_of
from chatproof.checkers.history.run_document import Segment
from chatproof.checkers.history.tables import TABLES
from tests.checkers.model import Action, Recorded, Step, build, play

Rows = dict[str, list[dict[str, Any]]]

BACKWARD_CLAIM = {
    "worker": 0, "rec": 10**6, "key_id": 1, "owner_dev": 0, "action": "claim", "by_dev": 1, "invoke_ns": 10**9,
    "done_ns": 5,
}
"""Of a table whose rows have no key: they are told by the earlier instant."""


def spoiled(change: Callable[[Rows], object], **run: Any) -> Recorded:
    """A clean run of some seconds with a kill, and one thing about it changed."""
    actions: list[Action] = ["send", "kill", "connect", *["send"] * 60]
    recorded = play([Step(action, 1, 0, 200) for action in actions])
    change(recorded.tables)
    return Recorded(msgspec.structs.replace(recorded.run, **run), recorded.tables)


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_run_has_no_problems(seed: int) -> None:
    """What the perfect server leaves is evidence, and its load was as asked for."""
    with build(seed).history() as history:
        assert ((), ()) == (evidence_problems(history), load_problems(history))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda t: t["operations"].append({**t["operations"][0], "rec": 10**6}), "more than one row has op"),
        (lambda t: t["deliveries"].append(t["deliveries"][0]), "table deliveries, worker 0: rec "),
        (lambda t: t["deliveries"].insert(0, t["deliveries"][0]), "table deliveries, worker 0: rec "),
        (lambda t: t["operations"][0].update(done_ns=5), "table operations, op "),
        (lambda t: t.update(keys=[BACKWARD_CLAIM]), f"table keys, invoke_ns {10**9}: done_ns 5 is before"),
        (lambda t: t["faults"].clear(), "the scenario has 1 faults and the history 0"),
        (lambda t: t.pop("faults"), "the scenario has 1 faults and the history 0"),
        (lambda t: t["faults"][0].update(effect_seen_ns=None), "no probe saw its effect"),
        (lambda t: t["faults"][0].update(start_confirmed_ns=None), "its start was not confirmed"),
        (lambda t: t["faults"][0].update(stop_confirmed_ns=None), "its end was not confirmed"),
    ],
    ids=[
        "repeated key", "repeated rec", "repeated rec in order", "time", "time without a key", "no faults", "no table",
        "no effect", "no start", "no end",
    ],
)
def test_spoiled_evidence_is_named(change: Callable[[Rows], object], problem: str) -> None:
    """Each way to spoil a history gives one sentence that says where."""
    with spoiled(change).history() as history:
        problems = evidence_problems(history)
    assert (1, True) == (len(problems), problem in problems[0])


def test_the_runs_own_problems_are_evidence_problems() -> None:
    """What the harness says went wrong is not lost in the judging."""
    with spoiled(lambda t: None, problems=("plane 1 was lost",)).history() as history:
        assert ("plane 1 was lost",) == evidence_problems(history)


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (lambda t: None, 0),
        (lambda t: t["deliveries"][0].update(body_hash=1), 1),
        (lambda t: t["deliveries"].pop(0), 1),
        (lambda t: t["deliveries"].reverse(), 0),
        (lambda t: t.pop("deliveries"), 1),
    ],
    ids=["unchanged", "value", "row", "order in the file", "table"],
)
def test_checksums_are_checked_where_they_are_kept(change: Callable[[Rows], object], problems: int) -> None:
    """A table that is not what was merged is no evidence; the order of its rows in the file means nothing."""
    clean = spoiled(lambda t: None)
    table = TABLES["deliveries"]
    rows = worker_rows(data_of(table, clean.tables["deliveries"]), 0)
    segment = Segment("deliveries", 0, rows.num_rows, checksum(table, rows), 0, True)
    with spoiled(change, segments=(segment,)).history() as history:
        assert problems == len(evidence_problems(history))


def test_of_many_rows_the_checksum_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read one column at a time, for the memory that all at once would take."""
    clean = spoiled(lambda t: None)
    table = TABLES["deliveries"]
    rows = worker_rows(data_of(table, clean.tables["deliveries"]), 0)
    segment = Segment("deliveries", 0, rows.num_rows, checksum(table, rows), 0, True)
    monkeypatch.setattr(evidence, "MAX_HELD", 0)
    with spoiled(lambda t: None, segments=(segment,)).history() as history:
        assert () == evidence_problems(history)


def test_a_recorder_that_did_not_finish_is_told() -> None:
    """What a worker saw after its segment was cut off is missing, and nobody can say how much."""
    clean = spoiled(lambda t: None)
    table = TABLES["deliveries"]
    rows = worker_rows(data_of(table, clean.tables["deliveries"]), 0)
    segment = Segment("deliveries", 0, rows.num_rows, checksum(table, rows), 0, False)
    with spoiled(lambda t: None, segments=(segment,)).history() as history:
        assert ("table deliveries, worker 0: the recorder did not finish it",) == evidence_problems(history)


@pytest.mark.parametrize(
    ("sick", "reason"),
    [
        ({"lag_p99_ns": 20_000_000}, "operations started late in 3"),
        ({"stall_max_ns": 100_000_000}, "the process stood still in 3"),
        ({"started": 97}, "operations were not started in 3"),
        ({"cpu_pct": 70.0}, "the processor was full in 3"),
    ],
)
def test_a_sick_generator_is_no_load(sick: dict[str, Any], reason: str) -> None:
    """More than a tenth of the seconds sick at one worker, and nothing about time is proven."""
    recorded = spoiled(lambda t: None)
    for row in [row for row in recorded.tables["generator"] if row["worker"] == 1][3:6]:
        row.update(sick)
    with recorded.history() as history:
        window = load_window(history)
        assert window is not None
        bad, (problem,) = bad_blocks(history), load_problems(history)
        blocks = blocks_of(window)
    assert {4, 5, 6} == bad
    assert f"the generator was sick in 3 of {len(blocks)} seconds, more than 10%: {reason}" == problem


def test_a_second_without_a_report_is_bad() -> None:
    """A worker that says nothing for a second was not seen to be well."""
    recorded = spoiled(lambda t: t["generator"].pop(4))
    with recorded.history() as history:
        assert (frozenset({3}), ()) == (bad_blocks(history), load_problems(history))


def test_a_load_that_was_not_watched_is_no_load() -> None:
    """Without the generator's table every second is bad."""
    with spoiled(lambda t: t.pop("generator")).history() as history:
        assert "no worker reported" in load_problems(history)[0]


def test_two_sends_that_slip_into_the_next_second_are_no_shortfall() -> None:
    """At a low rate one slipped send is more than a percent; that is arithmetic, not sickness."""
    with spoiled(lambda t: t["generator"][4].update(intended=10, started=8)).history() as history:
        assert frozenset() == bad_blocks(history)


def test_a_second_of_which_a_third_was_watched_is_bad() -> None:
    """More than half of it must lie in healthy rows; a late row leaves what came before it open."""
    with spoiled(lambda t: t["generator"][4].update(t_ns=3_900_000_000)).history() as history:
        assert frozenset({3}) == bad_blocks(history)


def phases(**spans: tuple[int, int]) -> Callable[[Rows], None]:
    """A change: the run had these phases only; in ms."""
    rows = [
        {"phase": name, "start_ns": start * 1_000_000, "end_ns": end * 1_000_000}
        for name, (start, end) in spans.items()
    ]
    return lambda tables: tables.update(phases=rows)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.pop("phases"), phases(warm_up=(0, 2_000)), phases(main=(2_000, 2_000)),
        phases(main=(2_100, 3_900)),
    ],
    ids=["no phases", "no main", "main without length", "no whole second"],
)
def test_without_a_second_of_main_nothing_is_said_of_the_load(change: Callable[[Rows], object]) -> None:
    """There is no second to be bad, and none that was well."""
    with spoiled(change).history() as history:
        assert frozenset() == bad_blocks(history)
        assert ("the run has no whole second of main after its warm-up",) == load_problems(history)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t: t.pop("phases"), None), (phases(warm_up=(0, 2_000)), None), (phases(main=(2_000, 2_000)), None),
        (phases(warm_up=(0, 2_000), main=(1_000, 5_000)), (2_000_000_000, 5_000_000_000)),
    ],
    ids=["no phases", "no main", "main without length", "a warm-up in main"],
)
def test_the_load_is_watched_in_main_after_its_warm_up(
    change: Callable[[Rows], object], expected: tuple[int, int] | None
) -> None:
    """A main that did not last has no window."""
    with spoiled(change).history() as history:
        assert expected == load_window(history)


def test_a_tenth_of_the_seconds_may_be_sick() -> None:
    """One of ten; with a second one it is too much, and what came before main is not counted."""
    recorded = spoiled(phases(warm_up=(0, 3_000), main=(3_000, 13_000)))
    sick = [row for row in recorded.tables["generator"] if row["worker"] == 1]
    for row in sick[:3]:
        row.update(cpu_pct=100.0)
    with recorded.history() as history:
        assert (frozenset({3}), ()) == (bad_blocks(history), load_problems(history))
    sick[3].update(cpu_pct=100.0)
    with recorded.history() as history:
        (problem,) = load_problems(history)
    assert problem.endswith("the processor was full in 2")


@pytest.mark.parametrize(
    ("change", "slos_required", "expected"),
    [
        (lambda t: None, False, True), (lambda t: t.pop("generator"), True, True),
        (lambda t: t.pop("generator"), False, False),
    ],
)
def test_a_run_is_about_load_where_it_says_so(
    change: Callable[[Rows], object], slos_required: bool, expected: bool
) -> None:
    """By watching its generator, or by requiring SLOs."""
    with spoiled(change, slos_required=slos_required).history() as history:
        assert expected == is_about_load(history)


def test_half_a_percent_that_did_not_start_is_no_shortfall() -> None:
    """A generator that starts 99 of 100 is well, however many that leaves out."""
    with spoiled(lambda t: t["generator"][4].update(intended=1000, started=995)).history() as history:
        assert frozenset() == bad_blocks(history)


def turned_back(name: str, first: int, last: int | None) -> Callable[[Rows], None]:
    """A change: of one worker's rows of a table, some are four seconds early."""

    def change(tables: Rows) -> None:
        tables[name] = sorted((row for row in tables[name] if row["worker"] == 0), key=lambda row: row["rec"])
        for row in tables[name][first:last]:
            row["t_ns"] -= 4_000_000_000

    return change


def test_a_clock_that_goes_back_is_no_evidence() -> None:
    """A worker's later rows are earlier; one stray row is no clock, nor are the seconds of the generator."""
    with spoiled(turned_back("deliveries", 9, None)).history() as history:
        (problem,) = evidence_problems(history)
    assert "table deliveries, worker 0, rec " in problem
    for change in (turned_back("deliveries", 9, 10), turned_back("generator", 3, None)):
        with spoiled(change).history() as history:
            assert () == evidence_problems(history)
