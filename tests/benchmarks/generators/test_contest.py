"""The contest of generators: times ours by the median of the rounds, and the best other is the cheapest."""

from __future__ import annotations

import pytest

from benchmarks.generators.contest import GENERATORS, OURS, WEBSOCKETS, found
from benchmarks.generators.cost import Cost

CLIENT, COROUTINES = (name for name in GENERATORS if name not in (OURS, WEBSOCKETS))


def round_of(*generator_s: float, server_s: float = 0.1) -> dict[str, Cost]:
    """A second with 1,000 messages of each generator, in the order of the table."""
    return {name: Cost(1.0, 1_000, spent, server_s) for name, spent in zip(GENERATORS, generator_s, strict=True)}


def test_the_best_other_is_the_cheapest() -> None:
    """Beside the one that has a bound of its own; a single odd round changes nothing."""
    usual, odd = round_of(0.01, 0.06, 0.03, 0.04), round_of(0.05, 0.06, 0.03, 0.04)
    locust, best, server = found([usual, odd, usual]).required
    assert [6.0, 3.0, 0.1] == pytest.approx([locust.measured, best.measured, server.measured])
    assert CLIENT in best.what


def test_an_echo_server_that_is_busy_spoils_it() -> None:
    """What is measured then may be the server."""
    assert [0.8] == [each.measured for each in found([round_of(0.01, 0.06, 0.03, 0.04, server_s=0.8)]).missed]
