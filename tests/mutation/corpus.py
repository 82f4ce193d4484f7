"""The histories that mutants are put before: hundreds of small ones, many merged into each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.checkers.model import Recorded
from tests.mutation.edges import EDGES
from tests.mutation.jumble import jumble, lean_jumble
from tests.mutation.merged import merged
from tests.mutation.spoiled import brink, mixture, retold, scramble, shuffle, stories, twofold


class Batch(NamedTuple):
    """Histories of these seeds, merged into one."""

    make: Callable[[int], Recorded]
    seeds: range

    def history(self) -> Recorded:
        """That one, the same every time."""
        return merged([self.make(seed) for seed in self.seeds])


def batches(make: Callable[[int], Recorded], size: int, first: int, last: int) -> tuple[Batch, ...]:
    """Consecutive seeds, so many at a time."""
    return tuple(Batch(make, range(at * size, (at + 1) * size)) for at in range(first, last))


def variations(make: Callable[[int], Recorded], story: int, size: int, number: int) -> Batch:
    """So many variations of one story; `number` tells apart those of one size."""
    count = len(stories()) + len(EDGES)
    return Batch(make, range(story + number * size * count, story + (number + 1) * size * count, count))


FOUND: tuple[Batch, ...] = (
    Batch(brink, range(0, 2700, 90)),
    Batch(lean_jumble, range(1000, 1010)),
    Batch(lean_jumble, range(20000, 20001)),
    Batch(brink, range(2, 2702, 90)),
    Batch(mixture, range(1000, 1010)),
    Batch(jumble, range(1000, 1010)),
    Batch(brink, range(12, 2712, 90)),
    Batch(lean_jumble, range(1010, 1020)),
    Batch(lean_jumble, range(20202, 20203)),
    Batch(brink, range(19, 2719, 90)),
    Batch(jumble, range(1010, 1020)),
    Batch(brink, range(24, 2724, 90)),
    Batch(lean_jumble, range(1020, 1030)),
    Batch(mixture, range(1020, 1030)),
    Batch(jumble, range(1020, 1030)),
    Batch(brink, range(33, 2733, 90)),
    Batch(lean_jumble, range(1030, 1040)),
    Batch(brink, range(38, 2738, 90)),
    Batch(brink, range(43, 2743, 90)),
    Batch(jumble, range(1030, 1040)),
    Batch(brink, range(48, 2748, 90)),
    Batch(brink, range(50, 2750, 90)),
    Batch(brink, range(89, 2789, 90)),
    Batch(brink, range(88, 2788, 90)),
    Batch(brink, range(86, 2786, 90)),
    Batch(brink, range(85, 2785, 90)),
    Batch(twofold, range(89, 2789, 90)),
    Batch(twofold, range(88, 2788, 90)),
    Batch(twofold, range(86, 2786, 90)),
    Batch(brink, range(76, 2776, 90)),
    Batch(twofold, range(76, 2776, 90)),
)
"""By `search`: each of these killed what nothing before it did."""

BATCHES = (
    *FOUND, *batches(retold, 22, 0, 18), *batches(mixture, 10, 0, 18), *batches(lean_jumble, 10, 0, 20),
    *batches(jumble, 10, 0, 4), *batches(shuffle, 10, 0, 2), *batches(scramble, 10, 0, 2),
)
"""Ten or twenty at a time: with more, a mutant that lacks a join condition takes seconds."""


def corpus() -> Iterator[Recorded]:
    """All histories, the same every time."""
    return (batch.history() for batch in BATCHES)
