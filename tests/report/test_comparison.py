"""Two verdicts beside each other: what counts as worse, and what is noise."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from chatproof.checkers.results import GuaranteeOutcome, GuaranteeResult, SloOutcome, SloResult, Verdict
from chatproof.report.comparison import Change, compare
from chatproof.report.comparison_terminal import print_comparison


def verdict(*results: GuaranteeResult, slos: tuple[SloResult, ...] = (), seed: int = 1) -> Verdict:
    """A verdict of these results."""
    return Verdict(
        verdict="pass", exit=0, sentence="pass: all", guarantees=results, slos=slos, faults=(), evidence_problems=(),
        load_problems=(), totals={}, unexplained=(), run_id="r", seed=seed, scenario="default", target="t", replay="",
    )


def guarantee(result: GuaranteeOutcome, name: str = "no-gap") -> GuaranteeResult:
    """A guarantee with that result."""
    return GuaranteeResult(name=name, sentence="s", result=result, opportunities=9, minimum=1, violation_count=2)


def slo(low: float | None, high: float | None, *, unit: str = "ms", result: SloOutcome = "met") -> SloResult:
    """An SLO with that interval."""
    return SloResult(
        name="send-ack", objective="p95 < 200 ms", result=result, value=low, low=low, high=high, threshold=200.0,
        unit=unit, samples=10, blocks=3,
    )


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("held", "broken", "worse"), ("not exercised", "broken", "worse"), ("broken", "held", "better"),
        ("broken", "broken", "same"), ("held", "held", "same"), ("held", "not exercised", "unclear"),
        ("not observable", "held", "unclear"), ("not exercised", "not observable", "same"),
    ],
)
def test_a_guarantee_is_worse_when_it_is_broken_now(
    before: GuaranteeOutcome, after: GuaranteeOutcome, change: Change
) -> None:
    """Evidence that is missing on one side is said to be missing, and is no regression."""
    compared = compare(verdict(guarantee(before)), verdict(guarantee(after)))
    assert change == compared.guarantees[0].change
    assert (12 if change == "worse" else 0) == compared.exit


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (slo(10, 20), slo(21, 30), "worse"), (slo(21, 30), slo(10, 20), "better"), (slo(10, 20), slo(20, 30), "same"),
        (slo(10, 20), slo(12, 18), "same"), (slo(10, 20), slo(None, None, result="missed"), "worse"),
        (slo(10, None, result="uncertain"), slo(15, 30), "same"),
        (slo(99, 100, unit="%"), slo(97, 98, unit="%"), "worse"),
        (slo(97, 98, unit="%"), slo(99, 100, unit="%"), "better"),
        (slo(10, 20), slo(None, None, result="void"), "unclear"),
        (slo(None, None, result="too few samples"), slo(10, 20), "unclear"),
    ],
)
def test_an_slo_differs_only_where_intervals_do_not_overlap(
    before: SloResult, after: SloResult, change: Change
) -> None:
    """A missing bound of an SLO that was judged is infinite; of a share, less is worse."""
    compared = compare(verdict(slos=(before,)), verdict(slos=(after,)))
    assert change == compared.slos[0].change
    assert (12 if change == "worse" else 0) == compared.exit


def test_what_only_one_verdict_has_is_compared_with_nothing() -> None:
    """A guarantee that was not judged before and is broken now is a regression; one that is gone cannot be told."""
    compared = compare(verdict(guarantee("held", "no-leak")), verdict(guarantee("broken")))
    assert [("no-gap", "worse"), ("no-leak", "unclear")] == [(pair.name, pair.change) for pair in compared.guarantees]
    assert ("no-gap is broken (before: not judged)",) == compared.regressions


def test_the_sentence_names_every_regression() -> None:
    """In words, with both intervals."""
    compared = compare(
        verdict(guarantee("held"), slos=(slo(10, 20),)), verdict(guarantee("broken"), slos=(slo(21, 30),))
    )
    assert (
        "regression: no-gap is broken (before: held); send-ack went from 10.0 ms [10.0 ms, 20.0 ms] to"
        " 21.0 ms [21.0 ms, 30.0 ms]"
    ) == compared.sentence


def test_without_a_regression_the_sentence_says_what_was_compared() -> None:
    """How much, what is better, what cannot be told."""
    compared = compare(verdict(guarantee("broken"), guarantee("held", "no-leak")), verdict(guarantee("held")))
    assert (
        "no regression: 2 guarantees and 0 SLOs compared, better: no-gap, cannot be told: no-leak" == compared.sentence
    )


def test_runs_that_differ_otherwise_are_said_to_differ() -> None:
    """Another scenario or seed is another load."""
    before, after = verdict(), replace(verdict(seed=2), scenario="calm")
    assert (
        "The scenarios differ: default and calm.", "The seeds differ (1 and 2), and with them the load and the faults.",
    ) == compare(before, after).caveats


def test_the_terminal_shows_what_changed() -> None:
    """Guarantees that did not change are left out; every SLO is there."""
    stream = io.StringIO()
    before = verdict(guarantee("held"), guarantee("held", "no-leak"), slos=(slo(10, 20),))
    after = verdict(guarantee("broken"), guarantee("held", "no-leak"), slos=(slo(11, 20),), seed=2)
    print_comparison(compare(before, after), Console(file=stream, width=200))
    shown = stream.getvalue()
    assert [] == [text for text in ("broken 2×", "worse", "send-ack", "The seeds differ") if text not in shown]
    assert "no-leak" not in shown
