"""The public names: what `from chatproof import …` gives, and what it costs not to ask for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import chatproof
from chatproof import Guarantee, History, judge
from chatproof.checkers.judge import BadGuarantee, QueryFailed
from tests.checkers.stories import history_of

ODD = Guarantee(
    name="odd-seqs",
    sentence="Seqs are even.",
    violations="SELECT seq AS seqs, conv, dev AS devs FROM deliveries WHERE seq % 2 = 1 ORDER BY rec NULLS LAST",
    opportunities="SELECT count(*) FROM deliveries",
)
STORY = "members a b\na sends m1\na acked m1 = 5\nb shows m1 = 5\n"


def test_the_public_names_are_the_judges() -> None:
    """Three names, each the thing itself."""
    assert {"Guarantee", "History", "judge", "__version__"} == set(chatproof.__all__)
    assert ("History", "Guarantee", "judge") == (History.__name__, Guarantee.__name__, judge.__name__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As of every module."""
    with pytest.raises(AttributeError, match="has no attribute 'jury'"):
        _ = chatproof.jury  # type: ignore[attr-defined]


@pytest.mark.slow
def test_importing_the_package_costs_nothing() -> None:
    """A server starts through it: the judge's libraries come when the judge is asked for."""
    code = "import chatproof, sys; print([name for name in ('duckdb', 'pyarrow', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]\n" == done.stdout


@pytest.mark.slow
def test_a_guarantee_of_ones_own_is_judged_and_told() -> None:
    """Name, sentence and two queries are enough; the rest is told plainly."""
    with history_of(STORY) as history:
        result = judge(history, names=["odd-seqs"], also=[ODD]).guarantees[0]
    assert ("broken", 2, 2) == (result.result, result.violation_count, result.opportunities)
    assert "violation: seq 5, conversation 1, device 0" == result.violations[0].sentence
    assert any(witness.needed for witness in result.violations[0].witnesses)


@pytest.mark.parametrize(("name", "problem"), [("no-gap", "there is already"), ("../etc", "no name for a guarantee")])
def test_names_can_be_told_apart(name: str, problem: str) -> None:
    """Ours are taken, and what is no name is none: files are named after it."""
    own = Guarantee(name=name, sentence="", violations="", opportunities="")
    with history_of(STORY) as history, pytest.raises(BadGuarantee, match=problem):
        judge(history, names=["no-gap"], also=[own])


def test_a_query_that_is_none_is_told_with_its_guarantee() -> None:
    """The database's complaint, in one sentence."""
    own = Guarantee(name="typo", sentence="", violations="SELEC 1", opportunities="SELECT 1")
    with history_of(STORY) as history, pytest.raises(QueryFailed, match=r"guarantee typo .*syntax error"):
        judge(history, names=["typo"], also=[own])
