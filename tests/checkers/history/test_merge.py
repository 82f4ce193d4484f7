"""The merge: halves meet, pending rows stay pending, and evidence that is torn is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from chatproof.checkers.history.checksum import checksum, worker_rows
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.merge import merge
from chatproof.checkers.history.segments import SegmentWriter
from chatproof.checkers.history.tables import TABLES

BEGIN = (7, 3, 1, "send", "key", -5, 20, None, None, "ok", 10, 11, "main")
END = (7, 15, "ok", "ack", None, 1, 4, 4)


def test_an_end_completes_its_begin(tmp_path: Path) -> None:
    """Both halves become one row; `rec_invoke` and `rec_done` are the recs of the halves, `rec` the first."""
    writer = SegmentWriter(tmp_path / "segments", 0)
    writer.appender("operations.begin")(*BEGIN)
    writer.appender("operations.end")(*END)
    merge(tmp_path)
    (row,) = pq.read_table(tmp_path / "history/operations.parquet").to_pylist()
    assert ("send", "key", 15, "ok", None, 4) == tuple(
        row[name] for name in ("kind", "u", "done_ns", "outcome", "code", "ack_seq")
    )
    assert (1, 1, 2) == (row["rec"], row["rec_invoke"], row["rec_done"])


def test_a_row_without_an_end_is_pending(tmp_path: Path) -> None:
    """What was begun when the recorder died stays in the history, with NULL where the end would be."""
    SegmentWriter(tmp_path / "segments", 0).appender("operations.begin")(*BEGIN)
    merge(tmp_path)
    (row,) = pq.read_table(tmp_path / "history/operations.parquet").to_pylist()
    assert (None, None, None) == (row["outcome"], row["done_ns"], row["rec_done"])


def test_an_end_names_its_begin_by_rec(tmp_path: Path) -> None:
    """Two subscriptions of one session to one conversation are told apart by the rec that began them."""
    writer = SegmentWriter(tmp_path / "segments", 0)
    begin, end = writer.appender("subscriptions.begin"), writer.appender("subscriptions.end")
    first = begin(3, 9, 1, 10, "live")
    end(9, 1, first, 20)
    begin(3, 9, 1, 30, "live")
    merge(tmp_path)
    rows = pq.read_table(tmp_path / "history/subscriptions.parquet").to_pylist()
    assert [(1, 10, 20, 2), (3, 30, None, None)] == [
        (row["from_rec"], row["from_ns"], row["to_ns"], row["to_rec"]) for row in rows
    ]


def test_rows_are_sorted_by_worker_and_rec(tmp_path: Path) -> None:
    """All workers' rows of a table end in one file, in a reproducible order."""
    for worker in (1, 0):
        append = SegmentWriter(tmp_path / "segments", worker).appender("unread")
        append(1, 2, 3, 4, 5, 6)
        append(2, 2, 3, 4, 5, 6)
    merge(tmp_path)
    rows = pq.read_table(tmp_path / "history/unread.parquet").to_pylist()
    assert [(0, 1), (0, 2), (1, 1), (1, 2)] == [(row["worker"], row["rec"]) for row in rows]


def test_what_was_merged_is_told(tmp_path: Path) -> None:
    """Each table and worker: rows, checksum of the rows, the smaller watermark, closed only when both halves are."""
    writer = SegmentWriter(tmp_path / "segments", 5)
    writer.appender("operations.begin")(*BEGIN)
    writer.appender("operations.end")(*END)
    writer.watermark(77)
    writer.close()
    (segment,) = merge(tmp_path)
    rows = worker_rows(pq.read_table(tmp_path / "history/operations.parquet"), 5)
    assert ("operations", 5, 1, 77, True) == (
        segment.table, segment.worker, segment.rows, segment.watermark_ns, segment.closed,
    )
    assert checksum(TABLES["operations"], rows) == segment.sha256


def test_an_end_without_a_begin_is_torn(tmp_path: Path) -> None:
    """An answer to something that was never asked cannot be evidence."""
    writer = SegmentWriter(tmp_path / "segments", 0)
    writer.appender("operations.begin")(*BEGIN)
    writer.appender("operations.end")(8, *END[1:])
    with pytest.raises(HistoryError, match="table operations, worker 0: the row op 8 ends but never began"):
        merge(tmp_path)


def test_a_row_ends_once(tmp_path: Path) -> None:
    """Two ends of one row would make the judge choose; it does not."""
    writer = SegmentWriter(tmp_path / "segments", 0)
    writer.appender("operations.begin")(*BEGIN)
    writer.appender("operations.end")(*END)
    writer.appender("operations.end")(*END)
    with pytest.raises(HistoryError, match="table operations, worker 0: the row op 7 ends twice"):
        merge(tmp_path)


def test_a_lost_segment_is_noticed(tmp_path: Path) -> None:
    """`rec` runs over all tables of a worker, so a file that vanished leaves a hole."""
    writer = SegmentWriter(tmp_path / "segments", 0)
    writer.appender("unread")(1, 2, 3, 4, 5, 6)
    writer.appender("operations.begin")(*BEGIN)
    (tmp_path / "segments/unread.0.segment").unlink()
    with pytest.raises(HistoryError, match="worker 0: rec 1 is missing or recorded twice"):
        merge(tmp_path)


def test_an_unknown_word_is_refused(tmp_path: Path) -> None:
    """A value outside its enumeration is named with table, column and row."""
    append = SegmentWriter(tmp_path / "segments", 0).appender("operations.begin")
    append(*BEGIN)
    append(8, 3, 1, "sned", *BEGIN[4:])
    with pytest.raises(HistoryError, match="table operations, column kind, row 1: 'sned' is none of send, edit"):
        merge(tmp_path)
