"""The judge: which guarantees are judged, what stands in the way of judging, and what a verdict looks like."""

from __future__ import annotations

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.history.history import History
from chatproof.checkers.judge import MAX_TOLD, UnknownGuarantee, judge
from chatproof.checkers.results import GuaranteeResult, Verdict
from chatproof.checkers.verdict_schema import verdict_schema
from tests.checkers.stories import history_of, tables_of

STORY = GUARANTEES["no-lost-message"].story


def result_of(verdict: Verdict, name: str) -> GuaranteeResult:
    """One guarantee's result."""
    return next(result for result in verdict.guarantees if result.name == name)


@pytest.mark.slow
def test_every_guarantee_has_a_result_in_the_order_of_the_registry() -> None:
    """None is left out, whatever the history is."""
    with history_of(STORY.clean) as history:
        assert list(GUARANTEES) == [result.name for result in judge(history).guarantees]


def test_only_what_is_asked_for_is_judged() -> None:
    """And only that must be held."""
    with history_of(STORY.clean) as history:
        verdict = judge(history, names=["no-phantom"])
    assert ["no-phantom"] == [result.name for result in verdict.guarantees]


def test_an_unknown_name_lists_the_known_ones() -> None:
    """So that a misspelt name can be corrected."""
    with history_of(STORY.clean) as history, pytest.raises(UnknownGuarantee, match=r"no-lost-massage.*no-lost-message"):
        judge(history, names=["no-lost-massage"])


def test_what_is_not_claimed_is_not_judged() -> None:
    """Even where it is broken."""
    with history_of(GUARANTEES["idempotent-send"].story.broken, {"idempotent_window_s": 0}) as history:
        result = result_of(judge(history, names=["idempotent-send"]), "idempotent-send")
    assert ("not claimed", 0) == (result.result, result.violation_count)


def test_what_cannot_be_seen_is_not_judged() -> None:
    """A table that the run does not have is named."""
    tables = tables_of(STORY.clean)
    del tables["memberships"]
    with history_of(STORY.clean) as complete, History.of(complete.run, tables) as history:
        result = result_of(judge(history, names=["no-lost-message"]), "no-lost-message")
    assert ("not observable", "the run has no memberships") == (result.result, result.reason)


def test_too_few_chances_are_not_exercised() -> None:
    """The minimum is the run's own, or the guarantee's; at one chance of one it is held."""
    with history_of(STORY.clean) as history:
        assert "not exercised" == judge(history, names=["no-phantom"]).guarantees[0].result
        history.run = replace(history.run, minimums={"no-phantom": 1})
        assert "held" == judge(history, names=["no-phantom"]).guarantees[0].result


def test_a_minimum_of_nothing_is_one() -> None:
    """A run cannot ask for a vacuous pass."""
    with history_of("members a b") as history:
        history.run = replace(history.run, minimums={"no-phantom": 0})
        result = judge(history, names=["no-phantom"]).guarantees[0]
    assert ("not exercised", 1) == (result.result, result.minimum)


def test_all_violations_are_counted_and_a_few_are_told() -> None:
    """The rest is a number."""
    story = "members a b\n" + "".join(f"b shows ghost{n} = {n}\n" for n in range(1, 10))
    with history_of(story) as history:
        result = judge(history, names=["no-phantom"]).guarantees[0]
    assert (9, MAX_TOLD) == (result.violation_count, len(result.violations))


def test_active_faults_are_told_with_a_violation() -> None:
    """A reader wants to know what was going on."""
    with history_of("members a b\nlink a cut\nb shows ghost = 1\nlink a mended\n") as history:
        violation = judge(history, names=["no-phantom"]).guarantees[0].violations[0]
    assert ("partition of link-a",) == violation.faults


@pytest.mark.slow
@pytest.mark.parametrize("story", [STORY.clean, STORY.broken])
def test_a_verdict_satisfies_its_schema(story: str) -> None:
    """What is written can be read by anyone who has the published schema."""
    with history_of(story) as history:
        written = msgspec.json.encode(judge(history))
    jsonschema.validate(msgspec.json.decode(written), verdict_schema())


@pytest.mark.slow
def test_judging_twice_gives_the_same() -> None:
    """Judging leaves nothing behind in the history; only the time that it took differs."""
    with history_of(STORY.broken) as history:
        first, second = (judge(history) for _ in range(2))
    assert _timeless(first) == _timeless(second)


def _timeless(verdict: Verdict) -> Verdict:
    return replace(verdict, guarantees=tuple(replace(result, seconds=0.0) for result in verdict.guarantees))
