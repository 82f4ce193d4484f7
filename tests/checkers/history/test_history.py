"""Opening a history: what is right is typed and queryable, what is wrong is named to the row."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History, read_run, write_run, write_table
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.history.tables import TABLES
from chatproof.checkers.history.vocabulary import BOUNDS, CLAIMS

RUN = RunDocument(
    run_id="r", seed=1, scenario="s", replay="", target="t", driver="d", engine="e",
    claims={"dense_ids": True}, bounds={"drain_ns": 5}, required=(), slos_required=False,
)
PHASE: dict[str, Any] = {"phase": "main", "start_ns": 0, "end_ns": 9}
UNREAD: dict[str, Any] = {"read": 1, "dev": 2, "conv": 3, "unread": 4, "read_seq": 5, "head_seq": 6}


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A run with a run.json and a table of one row."""
    write_run(tmp_path, RUN)
    write_table(tmp_path, "phases", [PHASE])
    return tmp_path


def test_a_table_is_there_with_its_types(run_dir: Path) -> None:
    """A present table can be queried, its columns have the types of the vocabulary."""
    with History.open(run_dir) as history:
        assert [("main", 0, 9)] == history.rows("SELECT phase, start_ns, end_ns FROM phases")
        assert [("VARCHAR", "BIGINT")] == history.rows("SELECT typeof(phase), typeof(end_ns) FROM phases")


def test_a_missing_table_is_absent(run_dir: Path) -> None:
    """What the run does not have is listed, not empty."""
    with History.open(run_dir) as history:
        assert set(TABLES) - {"phases"} == set(history.absent)
        assert (True, False) == (history.has("phases"), history.has("phases", "faults"))


def test_claims_and_bounds_are_completed(run_dir: Path) -> None:
    """A judge finds every claim and bound, the default where the run names none."""
    run = read_run(run_dir)
    assert (set(CLAIMS), set(BOUNDS)) == (set(run.claims), set(run.bounds))
    assert (True, False, 5) == (run.claims["dense_ids"], run.claims["resume"], run.bounds["drain_ns"])


def test_an_unknown_claim_is_refused(tmp_path: Path) -> None:
    """A misspelt claim must not become a claim that nobody checks."""
    (tmp_path / "run.json").write_text('{"run_id": "r"}')
    with pytest.raises(HistoryError, match=r"run\.json is no run document: .*`seed`"):
        read_run(tmp_path)
    with pytest.raises(HistoryError, match=r"run\.json, claims: there is no key 'dense'"):
        write_run(tmp_path, msgspec.structs.replace(RUN, claims={"dense": 1}))


def test_a_truncated_table_is_refused(run_dir: Path) -> None:
    """Half a Parquet file is an error, never a shorter history."""
    path = run_dir / "history/phases.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(HistoryError, match=r"table phases: phases\.parquet is not a whole Parquet file"):
        History.open(run_dir)


def test_a_foreign_file_is_refused(run_dir: Path) -> None:
    """A table of another name may be a misspelt one."""
    (run_dir / "history/phase.parquet").write_bytes(b"")
    with pytest.raises(HistoryError, match="there is no table 'phase'"):
        History.open(run_dir)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({**PHASE, "phase": None}, "table phases, column phase, row 0: it is required and NULL"),
        ({**PHASE, "phase": "man"}, "table phases, column phase, row 0: 'man' is none of"),
        ({**PHASE, "end_ns": 0.5}, "table phases, column end_ns: double does not fit I64"),
        ({**PHASE, "end_ns": datetime(2026, 11, 24)}, r"table phases, column end_ns: timestamp\[us\] does not fit I64"),
        ({**PHASE, "stop_ns": 1}, "table phases, column stop_ns: there is no such column"),
        ({"phase": "main", "end_ns": 1}, "table phases, column start_ns: it is required and missing"),
    ],
    ids=["null", "word", "type", "instant", "unknown column", "missing column"],
)
def test_data_that_is_no_such_table_is_refused(run_dir: Path, data: dict[str, Any], problem: str) -> None:
    """The sentence names table, column and row."""
    pq.write_table(pa.Table.from_pylist([data]), run_dir / "history/phases.parquet")
    with pytest.raises(HistoryError, match=problem):
        History.open(run_dir)


def test_other_writers_types_are_cast_where_nothing_is_lost(run_dir: Path) -> None:
    """Foreign tools write wider integers, large strings or dictionaries; that is still the same history."""
    data = pa.table({
        "phase": pa.array(["main"]).dictionary_encode(), "start_ns": pa.array([0], pa.int8()), "end_ns": [9.0],
    })
    pq.write_table(data, run_dir / "history/phases.parquet")
    with History.open(run_dir) as history:
        assert [("main", 0, 9)] == history.rows("FROM phases")


def test_holes_in_rec_are_tolerated() -> None:
    """Rows may be missing from a history that is judged; a judge never assumes that rec is dense."""
    with History.of(RUN, {"unread": [{**UNREAD, "rec": 5}, {**UNREAD, "rec": 90}]}) as history:
        assert [(5,), (90,)] == history.rows("SELECT rec FROM unread ORDER BY rec")


def test_rows_in_memory_get_worker_and_rec() -> None:
    """A history written by hand numbers its rows itself, over all tables."""
    with History.of(RUN, {"unread": [UNREAD], "heads": [
        {"t_ns": 1, "dev": 1, "session": 1, "conv": 1, "epoch": 1, "head_seq": 1, "source": "push"},
    ]}) as history:
        both = "SELECT worker, rec FROM unread UNION ALL SELECT worker, rec FROM heads"
        assert [(0, 1), (0, 2)] == history.rows(both)
