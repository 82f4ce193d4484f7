"""Puts every mutant before every history until one tells it from the original."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Literal, NamedTuple

from tests.checkers.model import Recorded
from tests.mutation.queries import Mutant, Query
from tests.mutation.trial import StillBorn, Trial

Fate = Literal["killed", "survived", "stillborn"]


class Outcome(NamedTuple):
    """What became of a mutant; `stillborn`: it is no valid query, and does not count."""

    subject: str
    name: str
    fate: Fate


@contextmanager
def opened(histories: Iterable[Recorded], subjects: Mapping[str, tuple[Query, ...]]) -> Iterator[list[Trial]]:
    """All histories, open at once: each is a database of some ten megabytes."""
    with ExitStack() as stack:
        trials = [Trial(recorded, subjects) for recorded in histories]
        for trial in trials:
            stack.callback(trial.close)
        yield trials


def hunt(mutants: Iterable[Mutant], trials: list[Trial]) -> list[Outcome]:
    """The outcomes of mutants, in their order."""
    return [Outcome(mutant.subject, mutant.name, _fate(mutant, trials)) for mutant in mutants]


def _fate(mutant: Mutant, trials: list[Trial]) -> Fate:
    """Histories that killed are asked first from then on: mistakes at one place are seen in the same history."""
    for place, trial in enumerate(trials):
        try:
            if trial.kills(mutant):
                trials.insert(0, trials.pop(place))
                return "killed"
        except StillBorn:
            return "stillborn"
    return "survived"
