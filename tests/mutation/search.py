"""Looks for histories beyond the corpus that kill what survives: `python -m tests.mutation.search SECONDS [SUBJECT…]`.

Tells each batch that kills something new, as it is written down in `corpus.FOUND`: variations of one story after the
other, and in between more of what the corpus has.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from itertools import count
from time import monotonic

from tests.mutation.corpus import Batch, batches, variations
from tests.mutation.document import unargued
from tests.mutation.edges import EDGES
from tests.mutation.jumble import jumble, lean_jumble
from tests.mutation.queries import Mutant, mutants, subjects
from tests.mutation.record import recall
from tests.mutation.spoiled import brink, mixture, stories, twofold
from tests.mutation.trial import Trial

SIZE = 30
BEYOND = 100
"""The corpus has none of the batches from this number on."""


def search(seconds: float, chosen: Collection[str]) -> None:
    """Try batches for so long, or until nothing survives."""
    alive, until = _survivors(chosen), monotonic() + seconds
    for batch in _batches():
        if not alive or monotonic() > until:
            break
        trial = Trial(batch.history(), subjects())
        killed = [mutant.name for mutant in alive if trial.kills(mutant)]
        trial.close()
        alive = [mutant for mutant in alive if mutant.name not in killed]
        if killed:
            where = f"Batch({batch.make.__name__}, {batch.seeds}),  # {len(alive)} left"
            print(where, *killed, sep="\n    ", flush=True)


def _survivors(chosen: Collection[str]) -> list[Mutant]:
    """Those without a reason, of these subjects or of all."""
    queries, names = subjects(), set(unargued(recall()))
    return [
        mutant
        for subject in queries if not chosen or subject in chosen
        for mutant in mutants(subject, queries[subject]) if mutant.name in names
    ]


def _batches() -> Iterator[Batch]:
    """Without end: variations of every story in turn, the tales first, and in between more of everything else."""
    others = (
        batch for at in count(BEYOND) for make in (lean_jumble, mixture, jumble)
        for batch in (*batches(make, 10, at, at + 1), *batches(lean_jumble, 1, 2 * BEYOND * at, 2 * BEYOND * at + 3))
    )
    for number in count():
        for story in reversed(range(len(stories()) + len(EDGES))):
            yield variations(brink, story, SIZE, number)
            yield variations(twofold, story, SIZE, number)
            yield next(others)


if __name__ == "__main__":
    search(float(sys.argv[1]), sys.argv[2:])
