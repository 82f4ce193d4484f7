"""The tail: rows appear once they are committed and no worker can be behind them, each exactly once."""

from __future__ import annotations

from pathlib import Path

from chatproof.checkers.history.layout import LAYOUTS
from chatproof.checkers.history.segments import HEADER_BYTES, SegmentWriter
from chatproof.checkers.history.tail import Fresh, Tail

NOTICE = LAYOUTS["notices"]


def notice(writer: SegmentWriter, t_ns: int, kind: str = "gap") -> None:
    """Record a notice at an instant."""
    writer.appender("notices")(t_ns, 7, 3, kind, None, None, None)


def times(fresh: Fresh) -> list[tuple[int, int]]:
    """(worker, t_ns) of the notices that came."""
    rows = fresh.segments["notices"].to_pylist() if "notices" in fresh.segments else []
    return [(row["worker"], row["t_ns"]) for row in rows]


def test_rows_come_up_to_the_smallest_watermark_and_once(tmp_path: Path) -> None:
    """What one worker saw later than another one's watermark waits; what was handed out does not come again."""
    one, two = SegmentWriter(tmp_path, 0), SegmentWriter(tmp_path, 1)
    tail = Tail(tmp_path, [0, 1])
    for t_ns in (10, 20, 30):
        notice(one, t_ns)
    notice(two, 15)
    one.watermark(30)
    two.watermark(20)
    first = tail.fresh()
    two.watermark(40)
    second = tail.fresh()
    assert [(0, 10), (0, 20), (1, 15)] == times(first)
    assert [(0, 30)] == times(second)
    assert (20, 30, False) == (first.upto_ns, second.upto_ns, second.closed)


def test_nothing_comes_before_every_worker_is_there(tmp_path: Path) -> None:
    """A worker without a segment may have seen anything."""
    writer = SegmentWriter(tmp_path, 0)
    notice(writer, 10)
    writer.watermark(10)
    assert {} == Tail(tmp_path, [0, 1]).fresh().segments


def test_a_row_that_is_not_committed_is_not_read(tmp_path: Path) -> None:
    """Bytes beyond the committed rows, as a writer leaves them that is killed within a row, are no row."""
    writer = SegmentWriter(tmp_path, 0)
    notice(writer, 10)
    writer.watermark(99)
    with (tmp_path / "notices.0.segment").open("r+b") as file:
        file.seek(HEADER_BYTES + NOTICE.row.size)
        file.write(b"\x01" * (NOTICE.row.size // 2))
    assert [(0, 10)] == times(Tail(tmp_path, [0]).fresh())


def test_rows_of_all_segments_and_their_texts_come_in_step(tmp_path: Path) -> None:
    """A row without an instant of its own comes with the row before it; texts that came later are known later."""
    writer = SegmentWriter(tmp_path, 0)
    tail = Tail(tmp_path, [0])
    unread = writer.appender("unread")
    notice(writer, 10, "gap")
    unread(1, 2, 3, 4, 5, 6)
    notice(writer, 20, "drain")
    unread(2, 2, 3, 4, 5, 6)
    writer.watermark(10)
    first = tail.fresh()
    writer.watermark(20)
    second = tail.fresh()
    assert ["gap", "drain"] == [fresh.segments["notices"]["kind"][0].as_py() for fresh in (first, second)]
    assert [1, 2] == [fresh.segments["unread"]["read"][0].as_py() for fresh in (first, second)]


def test_the_end_is_told(tmp_path: Path) -> None:
    """Once every segment is closed, everything has been handed out."""
    writer = SegmentWriter(tmp_path, 0)
    notice(writer, 10)
    writer.watermark(10)
    writer.close()
    fresh = Tail(tmp_path, [0]).fresh()
    assert ([(0, 10)], True) == (times(fresh), fresh.closed)
