"""A pause in a run: what its latencies should be, and what a client that waits would have measured."""

from __future__ import annotations

import numpy as np

from benchmarks.generators.stall import Sends, expected_ns, found, uncorrected_ns

MS = 1_000_000


def sends(*rows: tuple[int, int, int]) -> Sends:
    """(device, intended, done), in ms."""
    columns = np.array(rows, dtype=np.int64)
    return Sends(columns[:, 0], columns[:, 1] * MS, columns[:, 2] * MS)


def test_who_is_meant_for_the_pause_waits_until_its_end() -> None:
    """And nobody else waits."""
    run = sends((0, 99, 100), (0, 100, 300), (0, 250, 300), (0, 300, 301))
    assert [0, 200 * MS, 50 * MS, 0] == expected_ns(run, 100 * MS, 300 * MS).tolist()


def test_a_client_that_waits_leaves_out_what_would_have_waited() -> None:
    """One slow message per device and pause; the next begins when it is answered."""
    run = sends((0, 100, 300), (1, 150, 300), (0, 200, 301), (0, 250, 302), (0, 400, 401))
    assert [200 * MS, 150 * MS, 1 * MS, 1 * MS, 1 * MS] == uncorrected_ns(run).tolist()


def test_a_right_p99_is_within_its_bound() -> None:
    """A thousand sends, fifty of them in the pause, on one device."""
    run = sends(*((0, at, max(at + 1, 551) if 500 <= at < 550 else at + 1) for at in range(1_000)))
    assert [] == found(run, 500 * MS, 550 * MS).missed
