"""Histories that mutants are judged on: jumbles, the model's, clean and spoiled, and what the guarantees' tests judge.

A test that tells a surviving mutant from the original is thus a test that kills it: nothing has to be listed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument
from tests.checkers import corrupters
from tests.checkers.model import Recorded, build
from tests.mutation.jumble import jumble, scramble

_CHECKERS = Path(__file__).parents[1] / "checkers"
TESTS = (_CHECKERS / "guarantees", _CHECKERS / "test_tamper.py")
JUMBLES, SCRAMBLES, SEEDS = range(60), range(100, 124), range(2)
CORRUPTERS: tuple[corrupters.Corrupter, ...] = (
    corrupters.lose_shown, corrupters.hide_shown, corrupters.second_seq, corrupters.refuse_retry,
    corrupters.accept_other_body, corrupters.swap_neighbours,
)


class Recording(NamedTuple):
    """What a history is opened from."""

    run: RunDocument
    tables: Mapping[str, pa.Table]


class TestsFailed(Exception):
    """The tests that the corpus is taken from do not pass."""


def corpus() -> list[Recording]:
    """All histories, each once; first those that tell the most mutants apart."""
    with _recordings() as recordings:
        for recorded in _made():
            recorded.history().close()
        outcome = pytest.main(["-q", "-p", "no:cacheprovider", "--assert=plain", *map(str, TESTS)])
        if outcome != pytest.ExitCode.OK:
            raise TestsFailed(f"pytest ended with {outcome!r}")
    return list({_identity(recording): recording for recording in recordings}.values())


@contextmanager
def _recordings() -> Iterator[list[Recording]]:
    """Everything that is opened as a history from here on. There is no other way to see what a test has made."""
    opened: list[Recording] = []
    begin = History.__init__

    def listen(history: History, run: RunDocument, tables: Mapping[str, pa.Table]) -> None:
        opened.append(Recording(run, tables))
        begin(history, run, tables)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(History, "__init__", listen)
        yield opened


def _made() -> Iterator[Recorded]:
    yield from map(jumble, JUMBLES)
    yield from map(scramble, SCRAMBLES)
    for seed in SEEDS:
        clean = build(seed)
        yield clean
        for corrupt in CORRUPTERS:
            spoiled = Recorded(clean.run, deepcopy(clean.tables))
            if corrupt(spoiled, seed):
                yield spoiled


def _identity(recording: Recording) -> tuple[Any, ...]:
    """What the judge can tell apart: tables, claims and bounds."""
    run = recording.run
    tables = sorted((name, repr(data.to_pylist())) for name, data in recording.tables.items())
    return (*tables, repr(sorted(run.claims.items())), repr(sorted(run.bounds.items())), repr(run.workers))
