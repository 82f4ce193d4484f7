"""From results to a verdict: the order of decisions, exit codes, and the one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from chatproof.checkers.results import GuaranteeResult, SloResult, Violation
from chatproof.checkers.verdict import Decision, Findings, decide, void_slos


def guarantee(name: str, result: Any = "held", **values: Any) -> GuaranteeResult:
    """A result."""
    return GuaranteeResult(name=name, sentence="", result=result, opportunities=30, minimum=20, **values)


def slo(result: Any = "met", value: float | None = 100.0) -> SloResult:
    """An SLO's result."""
    return SloResult(
        name="send-ack", objective="p95 below 200 ms", result=result, value=value, low=90.0, high=110.0,
        threshold=200.0, unit="ms", samples=3000, blocks=40,
    )


HELD = (guarantee("no-lost-message"), guarantee("no-gap"))
BROKEN = guarantee(
    "no-lost-message", "broken", violation_count=3, violations=(Violation(sentence="message 1#2 was lost"),)
)


def decision(**values: Any) -> Decision:
    """The decision on results that are all well, but for `values`."""
    found: dict[str, Any] = {
        "guarantees": HELD, "slos": (slo(),), "evidence_problems": (), "load_problems": (),
        "required": ("no-lost-message",), "slos_required": True, "totals": {"acked_sends": 12_000},
    }
    return decide(Findings(**{**found, **values}))


def test_all_well_is_a_pass() -> None:
    """Everything required is held and met."""
    assert ("pass", 0) == decision()[:2]
    assert "pass: 2 guarantees held and 1 of 1 SLOs met over 12,000 acked sends" in decision().sentence


def test_invalid_evidence_voids_even_a_violation() -> None:
    """A history that cannot be believed accuses nobody."""
    given = decision(guarantees=(BROKEN,), evidence_problems=("rec 7 is there twice", "and more"))
    assert ("invalid", 21, "invalid: the evidence cannot be trusted: rec 7 is there twice (and 1 more)") == given


def test_a_violation_stands_under_a_sick_load() -> None:
    """What was proven is proven."""
    assert ("fail", 10) == decision(guarantees=(BROKEN,), load_problems=("sick",))[:2]


def test_a_sick_load_without_a_violation_is_invalid() -> None:
    """Not even a missed SLO counts then."""
    assert ("invalid", 21) == decision(slos=(slo("missed"),), load_problems=("sick",))[:2]


def test_a_broken_guarantee_comes_before_a_missed_slo() -> None:
    """10 before 11."""
    assert 10 == decision(guarantees=(BROKEN,), slos=(slo("missed"),)).exit
    assert 11 == decision(slos=(slo("missed"),)).exit


def test_a_guarantee_that_is_not_required_may_still_fail() -> None:
    """A proven violation is a failure, asked for or not."""
    assert "fail" == decision(guarantees=(BROKEN,), required=()).verdict


@pytest.mark.parametrize("result", ["not exercised", "not claimed", "not observable"])
def test_what_is_required_must_be_held(result: str) -> None:
    """Anything else than held is no pass; where it is not required it does not matter."""
    results = (guarantee("no-lost-message", result, reason="too little"), guarantee("no-gap"))
    assert ("inconclusive", 20) == decision(guarantees=results)[:2]
    assert "pass" == decision(guarantees=results, required=("no-gap",)).verdict


@pytest.mark.parametrize("result", ["uncertain", "too few samples", "void"])
def test_an_open_slo_is_inconclusive_where_slos_are_required(result: str) -> None:
    """A bound that straddles its threshold decides nothing."""
    assert ("inconclusive", 20) == decision(slos=(slo(result),))[:2]
    assert "pass" == decision(slos=(slo(result),), slos_required=False).verdict


def test_required_slos_that_nobody_measured_are_inconclusive() -> None:
    """No SLO at all is not all SLOs met."""
    assert "inconclusive" == decision(slos=()).verdict


def test_a_required_guarantee_that_was_not_judged_is_inconclusive() -> None:
    """A name without a result."""
    assert "inconclusive: durable-ack was not judged" == decision(required=("durable-ack",)).sentence
    told = decision(required=("durable-ack", "dense-ids")).sentence
    assert "inconclusive: durable-ack was not judged (and 1 more)" == told


def test_nothing_held_is_never_a_pass() -> None:
    """Even where nothing is required something must have been shown."""
    nothing = (guarantee("no-gap", "not exercised", reason="no chance"),)
    assert "inconclusive" == decision(guarantees=nothing, required=(), slos_required=False).verdict


def test_the_sentence_names_the_root() -> None:
    """Of several broken guarantees the one that explains the others is told, with its first counter-example."""
    implied = guarantee("no-gap", "broken", violation_count=9, implied_by=("no-lost-message",))
    sentence = decision(guarantees=(implied, BROKEN)).sentence
    assert "fail: no-lost-message is broken, 3 violations: message 1#2 was lost (also broken: no-gap)" == sentence


def test_void_slos_keep_their_numbers() -> None:
    """They are shown, and decide nothing."""
    assert [("void", 100.0)] == [(each.result, each.value) for each in void_slos((slo("missed"),))]


def test_a_missed_slo_that_is_not_required_fails_nothing() -> None:
    """The run did not ask for it."""
    assert ("pass", 0) == decision(slos=(slo("missed"),), slos_required=False)[:2]


def test_one_problem_is_told_alone() -> None:
    """The sentence ends with it, whatever cannot be trusted."""
    assert "invalid: the evidence cannot be trusted: torn" == decision(evidence_problems=("torn",)).sentence
    assert "invalid: the load cannot be trusted: sick" == decision(load_problems=("sick",)).sentence


def test_one_violation_is_no_plural() -> None:
    """Nor is anything said of other guarantees, or of a counter-example, where there is none."""
    once = guarantee("no-gap", "broken", violation_count=1)
    assert "fail: no-gap is broken, 1 violation" == decision(guarantees=(once,)).sentence
    twice = guarantee("no-gap", "broken", violation_count=2)
    assert "fail: no-gap is broken, 2 violations" == decision(guarantees=(twice,)).sentence


def test_missed_slos_are_told_with_their_values() -> None:
    """An SLO without a value is named only."""
    told = decision(slos=(slo("missed", 250.5), slo("missed", None))).sentence
    assert "fail: missed send-ack (p95 below 200 ms: 250.5 ms); send-ack" == told


def test_what_is_open_is_told_first_and_the_rest_counted() -> None:
    """One phrase for each thing that is required and was not shown."""
    few = guarantee("no-gap", "not exercised", reason="no chance")
    assert "inconclusive: no-gap is not exercised (no chance)" == decision(
        guarantees=(*HELD[:1], few), required=("no-gap",)
    ).sentence
    told = decision(guarantees=(few,), required=("no-gap", "durable-ack"), slos=()).sentence
    assert "inconclusive: durable-ack was not judged (and 3 more)" == told
    assert "inconclusive: SLO send-ack is uncertain" == decision(slos=(slo("uncertain"),)).sentence
    assert "inconclusive: nothing was shown to hold" == decision(guarantees=(few,), required=()).sentence


def test_a_pass_says_on_how_much() -> None:
    """What was not counted is none; without SLOs nothing is said of them."""
    totals = {"acked_sends": 12_000, "deliveries_judged": 45_000, "faults": 3}
    assert (
        "pass: 2 guarantees held (1 not claimed) and 1 of 2 SLOs met over 12,000 acked sends, 45,000 deliveries and"
        " 3 faults"
    ) == decision(
        guarantees=(*HELD, guarantee("progress", "not claimed")), slos=(slo(), slo("missed")), slos_required=False,
        totals=totals,
    ).sentence
    assert "pass: 2 guarantees held over 0 acked sends, 0 deliveries and 0 faults" == decision(
        slos=(), slos_required=False, totals={}
    ).sentence


def test_a_pass_counts_what_was_not_shown_apart_from_what_held() -> None:
    """By why it was not: nobody is to take 1 of 5 for a bad run, or the rest for good."""
    others = [
        guarantee(f"other-{number}", result)
        for number, result in enumerate(("not exercised", "not claimed", "not observable", "not claimed"))
    ]
    told = decision(guarantees=(*HELD[:1], *others)).sentence
    assert told.startswith("pass: 1 guarantee held (2 not claimed, 1 not exercised, 1 not observable) and 1 of 1 SLOs")
