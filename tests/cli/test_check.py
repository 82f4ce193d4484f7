"""`chatproof check` on histories that are none: one precise sentence, the right exit code, never a pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chatproof.checkers.history.history import write_run, write_table
from chatproof.checkers.history.run_document import RunDocument
from tests.checkers.fuzz_check import check
from tests.checkers.stories import tables_of

NAMES = ("no-lost-message", "shown-once")
RUN = RunDocument(
    run_id="r", seed=0, scenario="story", replay="", target="story", driver="story", engine="story", claims={},
    bounds={}, required=NAMES, slos_required=False, minimums=dict.fromkeys(NAMES, 1),
)
STORY = "members a b\na sends m1\na acked m1 = 1\nb shows m1 = 1\na sends m2\nb shows m2 = 2\na acked m2 = 2\n"
CALM = ("faults", "processes", "resumes", "notices", "heads", "reads", "read_items", "receipts", "presence_seen",
        "presence_truth")


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A small run, without any fault, that passes."""
    return write(tmp_path / "run", STORY)


def write(run_dir: Path, story: str) -> Path:
    """A story as a run directory."""
    run_dir.mkdir()
    write_run(run_dir, RUN)
    for name, rows in tables_of(story).items():
        if name not in CALM:
            write_table(run_dir, name, rows)
    return run_dir


def changed(run_dir: Path, table: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change one table's file."""
    path = run_dir / "history" / f"{table}.parquet"
    pq.write_table(change(pq.read_table(path)), path)


def with_column(name: str, values: Callable[[list[object]], list[object]]) -> Callable[[pa.Table], pa.Table]:
    """Another column of that name."""
    return lambda data: data.set_column(
        data.column_names.index(name), name, pa.array(values(data.column(name).to_pylist()))
    )


def verdict(run_dir: Path) -> str:
    """The word in verdict.json, or that there is none."""
    path = run_dir / "verdict.json"
    return str(json.loads(path.read_text())["verdict"]) if path.exists() else "none"


@pytest.mark.slow
def test_a_run_without_faults_passes(run_dir: Path) -> None:
    """What needs a fault is not exercised; what does not is held."""
    assert 0 == check(run_dir, NAMES).exit
    assert "pass" == verdict(run_dir)


@pytest.mark.slow
def test_a_truncated_file_is_named_and_the_old_verdict_is_gone(run_dir: Path) -> None:
    """Half of a file proves nothing, and a pass that was about the whole of it no longer stands."""
    check(run_dir, NAMES)
    path = run_dir / "history" / "deliveries.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    answer = check(run_dir, NAMES)
    assert 21 == answer.exit
    assert "table deliveries: deliveries.parquet is not a whole Parquet file" in answer.said
    assert "none" == verdict(run_dir)


@pytest.mark.slow
def test_a_missing_table_is_not_observable(run_dir: Path) -> None:
    """The guarantee that needs it says so, and as it is required there is no pass."""
    (run_dir / "history" / "memberships.parquet").unlink()
    answer = check(run_dir, NAMES)
    assert 20 == answer.exit
    assert "no-lost-message is not observable (the run has no memberships)" in " ".join(answer.said.split())


@pytest.mark.parametrize(
    ("table", "change", "problem"),
    [
        ("deliveries", with_column("seq", lambda values: [f"x{value}" for value in values]),
         "table deliveries, column seq: string does not fit I32"),
        ("deliveries", with_column("via", lambda values: ["pigeon", *values[1:]]),
         "table deliveries, column via, row 0: 'pigeon' is none of"),
        ("operations", with_column("invoke_ns", lambda values: [*values[:-1], None]),
         "table operations, column invoke_ns, row 1: it is required and NULL"),
        ("operations", with_column("done_ns", lambda values: [1 << 62] * len(values)),
         "table operations, column done_ns, row 0: 4611686018427387904 is beyond"),
        ("devices", lambda data: data.drop_columns(["user"]), "table devices, column user: it is required and missing"),
        ("devices", lambda data: data.append_column("mood", pa.nulls(data.num_rows)), "column mood: there is no such"),
    ],
)
def test_what_is_no_history_is_invalid(
    table: str, change: Callable[[pa.Table], pa.Table], problem: str, run_dir: Path
) -> None:
    """Wrong types, words, NULLs and columns are named by table, column and row."""
    changed(run_dir, table, change)
    answer = check(run_dir, NAMES)
    assert 21 == answer.exit
    assert problem in answer.said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "change", "problem"),
    [
        ("operations", with_column("done_ns", lambda values: [1] * len(values)), "done_ns 1 is before invoke_ns"),
        ("deliveries", with_column("t_ns", lambda values: list(reversed(values))), "of the row before it"),
        ("operations", lambda data: pa.concat_tables([data, data]), "table operations: more than one row has op"),
        ("deliveries", lambda data: pa.concat_tables([data, data]), "is there more than once"),
    ],
    ids=["ends before it begins", "times run backwards", "duplicate ids", "duplicate records"],
)
def test_what_cannot_be_believed_is_invalid(
    table: str, change: Callable[[pa.Table], pa.Table], problem: str, run_dir: Path
) -> None:
    """The verdict is written, and is no pass."""
    changed(run_dir, table, change)
    answer = check(run_dir, NAMES)
    assert 21 == answer.exit
    assert problem in " ".join(answer.said.split())
    assert "invalid" == verdict(run_dir)


@pytest.mark.slow
def test_an_empty_run_is_inconclusive(tmp_path: Path) -> None:
    """Nothing happened, so nothing was shown."""
    answer = check(write(tmp_path / "run", "members a b"), NAMES)
    assert 20 == answer.exit
    assert "not exercised" in answer.said


def test_an_unknown_guarantee_is_usage(run_dir: Path) -> None:
    """The known ones are listed."""
    answer = check(run_dir, ("no-lost-massage",))
    assert 2 == answer.exit
    assert "there is no guarantee 'no-lost-massage'; there are no-lost-message, " in answer.said


def test_no_directory_is_usage(tmp_path: Path) -> None:
    """A file or nothing is no run directory."""
    assert 2 == check(tmp_path / "nowhere").exit


def test_a_directory_without_a_run_document_is_invalid(tmp_path: Path) -> None:
    """run.json says what was claimed; without it there is nothing to judge by."""
    answer = check(tmp_path)
    assert 21 == answer.exit
    assert "run.json cannot be read: No such file or directory" in answer.said
