"""Segments: rows go in by position, are there at once, and survive their writer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatproof.checkers.history.errors import SegmentError
from chatproof.checkers.history.layout import LAYOUTS, NULL_I32
from chatproof.checkers.history.segments import HEADER_BYTES, SegmentWriter, read_segments, read_texts

NOTICE = (5, 7, 3, "gap", 11, None, "réduit")
PROCESS = """
import sys
from pathlib import Path
from chatproof.checkers.history.segments import SegmentWriter
append = SegmentWriter(Path(sys.argv[1]), 4).appender("notices")
for at in range(5000):
    append(at, 7, 3, "gap", at, None, f"level {at}")
print("recorded", flush=True)
sys.stdin.read()
"""


def test_a_row_comes_back_as_it_was_given(tmp_path: Path) -> None:
    """Fixed-width values, texts and NULLs are read back, with the rec that append returned."""
    writer = SegmentWriter(tmp_path, 2)
    rec = writer.appender("notices")(*NOTICE)
    (segment,) = read_segments(tmp_path)
    texts = read_texts(tmp_path, 2)
    row = segment.rows[0]
    assert ("notices", 2, 1, 1) == (segment.name, segment.worker, rec, int(row["rec"]))
    assert (5, 7, 3, 11, NULL_I32) == tuple(int(row[c]) for c in ("t_ns", "session", "conv", "from_seq", "to_seq"))
    assert ("gap", "réduit") == (texts[row["kind"]], texts[row["level"]])


def test_rec_runs_over_all_segments_of_a_worker(tmp_path: Path) -> None:
    """Rows of different tables share one strictly increasing counter, so their order is known."""
    writer = SegmentWriter(tmp_path, 0)
    notices, unread = writer.appender("notices"), writer.appender("unread")
    assert [1, 2, 3] == [notices(*NOTICE), unread(1, 2, 3, 4, 5, 6), notices(*NOTICE)]
    assert 3 == writer.last_rec


def test_a_segment_grows(tmp_path: Path) -> None:
    """More rows than the first mapping holds are all kept, and a closed file ends with its last row."""
    writer = SegmentWriter(tmp_path, 0)
    append = writer.appender("notices")
    for at in range(5_000):
        append(at, 7, 3, "gap", None, None, None)
    writer.close()
    (segment,) = read_segments(tmp_path)
    size = (tmp_path / "notices.0.segment").stat().st_size
    assert list(range(5_000)) == segment.rows["t_ns"].tolist()
    assert HEADER_BYTES + 5_000 * LAYOUTS["notices"].row.size == size


def test_rows_can_be_read_while_the_writer_lives(tmp_path: Path) -> None:
    """A reader sees what is committed, the watermark, and that the segment is still open."""
    writer = SegmentWriter(tmp_path, 0)
    append = writer.appender("notices")
    append(*NOTICE)
    writer.watermark(99)
    (live,) = read_segments(tmp_path)
    append(*NOTICE)
    (later,) = read_segments(tmp_path)
    writer.close()
    (closed,) = read_segments(tmp_path)
    assert (1, 99, False) == (len(live.rows), live.watermark_ns, live.closed)
    assert (2, 2, True) == (len(later.rows), len(closed.rows), closed.closed)


@pytest.mark.slow
def test_rows_survive_kill_9_of_the_writer(tmp_path: Path) -> None:
    """What was appended before SIGKILL is there afterwards, whole, in an open segment."""
    writer = subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with writer:
        assert writer.stdout is not None
        assert "recorded\n" == writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
    (segment,) = read_segments(tmp_path)
    texts = read_texts(tmp_path, 4)
    assert (5000, False) == (len(segment.rows), segment.closed)
    assert "level 4999" == texts[segment.rows[-1]["level"]]


@pytest.mark.parametrize(
    "values",
    [NOTICE[:-1], (None, *NOTICE[1:]), (2**63, *NOTICE[1:]), (*NOTICE[:3], 8, 11, None, None)],
    ids=["too few", "NULL in a required column", "too large", "number as text"],
)
def test_a_value_that_does_not_fit_is_refused_and_leaves_no_row(tmp_path: Path, values: tuple[object, ...]) -> None:
    """An error of the caller is told to it, commits nothing and leaves no hole in `rec`."""
    append = SegmentWriter(tmp_path, 0).appender("notices")
    with pytest.raises(SegmentError):
        append(*values)
    assert 1 == append(*NOTICE)


def test_a_worker_records_once_into_a_directory(tmp_path: Path) -> None:
    """A second writer of the same worker would overwrite evidence; it is refused."""
    SegmentWriter(tmp_path, 0)
    with pytest.raises(SegmentError, match="has recorded there before"):
        SegmentWriter(tmp_path, 0)


def test_appending_to_a_closed_writer_is_refused(tmp_path: Path) -> None:
    """After close nothing can be added silently to nowhere."""
    writer = SegmentWriter(tmp_path, 0)
    append = writer.appender("notices")
    writer.close()
    with pytest.raises(SegmentError):
        append(*NOTICE)


def test_a_counter_beyond_the_file_is_torn(tmp_path: Path) -> None:
    """A file shorter than its header counts is evidence lost, and said to be."""
    writer = SegmentWriter(tmp_path, 0)
    writer.appender("notices")(*NOTICE)
    writer.close()
    path = tmp_path / "notices.0.segment"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SegmentError, match="counts 1 rows but has room for 0"):
        read_segments(tmp_path)


def test_a_segment_of_another_layout_is_refused(tmp_path: Path) -> None:
    """Bytes that were written as another row are not read as this one."""
    SegmentWriter(tmp_path, 0).appender("notices")(*NOTICE)
    (tmp_path / "notices.0.segment").rename(tmp_path / "unread.0.segment")
    with pytest.raises(SegmentError, match="was written with another layout of unread"):
        read_segments(tmp_path)


def test_a_segment_of_no_table_is_refused(tmp_path: Path) -> None:
    """A file that belongs to no table may be one that lost its name."""
    (tmp_path / "notice.0.segment").write_bytes(b"")
    with pytest.raises(SegmentError, match="belongs to no table"):
        read_segments(tmp_path)


def test_a_dictionary_that_is_gone_is_told(tmp_path: Path) -> None:
    """Without its texts a worker's rows mean nothing."""
    with pytest.raises(SegmentError, match=r"texts\.3\.dictionary is gone"):
        read_texts(tmp_path, 3)


def test_a_torn_text_is_none(tmp_path: Path) -> None:
    """A text that was cut off in writing belongs to no committed row and is passed over."""
    writer = SegmentWriter(tmp_path, 0)
    writer.appender("notices")(*NOTICE)
    path = tmp_path / "texts.0.dictionary"
    path.write_bytes(path.read_bytes()[:-1])
    assert ("gap",) == read_texts(tmp_path, 0)


def test_a_text_from_outside_is_bounded(tmp_path: Path) -> None:
    """A target can send any text: it is cut to a few kilobytes, and what is no Unicode is spelled out."""
    append = SegmentWriter(tmp_path, 0).appender("notices")
    append(*NOTICE[:-1], "é" * 5000)
    append(*NOTICE[:-1], "\ud800")
    assert ("é" * 2048, "\\ud800") == read_texts(tmp_path, 0)[1:]


def test_own_recs_are_not_stored_but_a_key_is() -> None:
    """`rec_invoke`, `rec_done`, `from_rec`, `to_rec` are the row's rec; an end half names the begin by `from_rec`."""
    begin, end = LAYOUTS["subscriptions.begin"], LAYOUTS["subscriptions.end"]
    assert ["dev", "session", "conv", "from_ns", "level"] == [column.name for column in begin.columns]
    assert ["session", "conv", "from_rec", "to_ns"] == [column.name for column in end.columns]
