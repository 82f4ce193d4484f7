"""What every cross-check of the SQL against a naive oracle needs: cases, scripts, and what both say of a history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import NamedTuple, get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chatproof.checkers.guarantee import Finding
from tests.checkers.corrupters import Corrupter
from tests.checkers.model import COMMON, CONVERSATIONS, DEVICES, Action, Recorded, Step, play
from tests.checkers.oracles.bench import EXAMPLES, bench
from tests.checkers.oracles.facts import Tables


class Case(NamedTuple):
    """A guarantee, the oracle that knows it, what a finding says the oracle's way, what can spoil it."""

    guarantee: str
    oracle: Callable[[Tables], Set[object]]
    said: Callable[[Finding], Set[object]]
    spoilers: tuple[Corrupter, ...]


def scripts(*more: str, longest: int = 30) -> st.SearchStrategy[list[Step]]:
    """Scripts rather than histories, so that a failing example is a few steps; `more`: actions beside usual ones."""
    return st.lists(
        st.builds(
            Step, st.sampled_from(COMMON + get_args(Action) + more), st.integers(0, len(DEVICES) - 1),
            st.integers(0, CONVERSATIONS - 1), st.integers(1, 200),
        ),
        max_size=longest,
    )


picks = st.integers(0, 10_000)
_relaxed = (HealthCheck.too_slow, HealthCheck.data_too_large)
few = settings(max_examples=2, deadline=None, suppress_health_check=_relaxed, derandomize=True)
many = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=_relaxed)


def judged(case: Case, recorded: Recorded, bounds: Mapping[str, int]) -> tuple[Set[object], Set[object]]:
    """What the oracle and the SQL say; `bounds`: those of the run that the oracle has, instead of the usual ones."""
    bounded = Recorded(replace(recorded.run, bounds={**recorded.run.bounds, **bounds}), recorded.tables)
    found = {said for finding in bench(case.guarantee).find(bounded) for said in case.said(finding)}
    return case.oracle(recorded.tables), found


def check(case: Case, script: list[Step], spoilers: list[Corrupter], pick: int, bounds: Mapping[str, int]) -> None:
    """Both say the same of a script's history once it is spoiled."""
    recorded = play(script)
    for spoiler in spoilers:
        spoiler(recorded, pick)
    by_oracle, by_sql = judged(case, recorded, bounds)
    assert by_oracle == by_sql


@st.composite
def spoilings(
    draw: st.DrawFn, case: Case, some: st.SearchStrategy[list[Step]]
) -> tuple[list[Step], list[Corrupter], int]:
    """One of some scripts, what is to spoil its history (often nothing), and the pick."""
    return draw(some), draw(st.lists(st.sampled_from(case.spoilers), max_size=1)), draw(picks)
