"""Puts every mutant before every history until one tells it from the original."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Literal, NamedTuple

from tests.mutation.corpus import Recording
from tests.mutation.queries import Mutant, Query, mutants
from tests.mutation.trial import StillBorn, Trial

Fate = Literal["killed", "survived", "stillborn"]

AT_ONCE = 48
"""Histories that are open at a time: each is a database of some ten megabytes."""


class Outcome(NamedTuple):
    """What became of a mutant; `stillborn`: it is no valid query, and does not count."""

    subject: str
    name: str
    fate: Fate


def hunt(
    recordings: Sequence[Recording], subjects: Mapping[str, tuple[Query, ...]], chosen: Sequence[str]
) -> list[Outcome]:
    """The outcomes of all mutants of the chosen subjects, in their order."""
    hunted = [mutant for subject in chosen for mutant in mutants(subject, subjects[subject])]
    fates: dict[str, Fate] = {mutant.name: "survived" for mutant in hunted}
    for start in range(0, len(recordings), AT_ONCE):
        alive = [mutant for mutant in hunted if fates[mutant.name] == "survived"]
        fates |= _fates(alive, recordings[start:start + AT_ONCE], subjects)
    return [Outcome(mutant.subject, mutant.name, fates[mutant.name]) for mutant in hunted]


def _fates(
    alive: Iterable[Mutant], recordings: Sequence[Recording], subjects: Mapping[str, tuple[Query, ...]]
) -> dict[str, Fate]:
    """What becomes of each mutant on these histories."""
    with ExitStack() as stack:
        trials = [Trial(recording, subjects) for recording in recordings]
        for trial in trials:
            stack.callback(trial.close)
        return {mutant.name: _fate(mutant, trials) for mutant in alive}


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
