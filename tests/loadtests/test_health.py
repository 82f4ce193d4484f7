"""The generator's health: a second is one row, a stall is seen, whoever caused it."""

from chatproof.loadtests.health import BEAT_NS, SECOND_NS, Health, quantile
from chatproof.loadtests.recorder import Recorder
from tests.loadtests.fakes import FakeWriter

MS = 1_000_000


def make(writer: FakeWriter) -> Health:
    """From time 0, with 3 actions meant per second and one of them overdue."""
    return Health(Recorder(writer), lambda from_ns, to_ns: 3 * (to_ns - from_ns) // SECOND_NS, lambda now_ns: 1, 0)


def test_a_row_says_what_was_meant_started_and_late() -> None:
    """Lags are p50, p99 and the largest."""
    writer = FakeWriter()
    health = make(writer)
    for lag_ms in (1, 2, 9):
        health.started(lag_ms * MS)
    for now_ns in range(BEAT_NS, SECOND_NS + 1, BEAT_NS):
        health.beat(now_ns)
    (row,) = writer.of("generator")
    assert (0, 3, 3, 2 * MS, 9 * MS, 9 * MS, 0, 1) == tuple(
        row[c] for c in (
            "t_ns", "intended", "started", "lag_p50_ns", "lag_p99_ns", "lag_max_ns", "stall_max_ns", "backlog",
        )
    )
    assert SECOND_NS == writer.watermark_ns
    assert (9 * MS, 0, row["cpu_pct"]) == health.latest


def test_a_stopped_process_shows_as_a_stall() -> None:
    """A plane that was stopped for 500 ms says so in the second in which it was stopped."""
    writer = FakeWriter()
    health = make(writer)
    health.beat(BEAT_NS)
    health.beat(BEAT_NS + 500 * MS)
    health.beat(SECOND_NS)
    assert [490 * MS] == [row["stall_max_ns"] for row in writer.of("generator")]


def test_a_second_that_a_stall_made_longer_is_one_row() -> None:
    """Nothing that was meant in it is left out, and the next one begins where it ended."""
    writer = FakeWriter()
    health = make(writer)
    health.beat(3 * SECOND_NS)
    health.beat(4 * SECOND_NS)
    assert [(0, 9), (3 * SECOND_NS, 3)] == [(row["t_ns"], row["intended"]) for row in writer.of("generator")]


def test_quantiles_of_nothing_are_zero() -> None:
    """And the last value is the largest."""
    assert 0 == quantile([], 0.99)
    assert 7 == quantile([1, 7], 0.99)
