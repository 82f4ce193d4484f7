"""Two verdicts beside each other: what became worse, what became better, what cannot be told. Pure.

A guarantee is worse when it is broken now and was not before. An SLO is worse when its 95 % interval lies wholly on the
worse side of the other one: what overlaps is noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeVar

from chatproof.checkers.results import GuaranteeResult, SloResult, Verdict
from chatproof.report.wording import interval, quantity, result_text

EXIT_REGRESSION = 12

Change = Literal["worse", "better", "unclear", "same"]
"""`unclear`: one of the two gives no answer."""

_ORDER: tuple[Change, ...] = ("worse", "unclear", "better", "same")
_Result = TypeVar("_Result", GuaranteeResult, SloResult)
_UNJUDGED = ("too few samples", "void")


class GuaranteePair(NamedTuple):
    """A guarantee in two verdicts; None where one does not have it."""

    name: str
    before: GuaranteeResult | None
    after: GuaranteeResult | None
    change: Change


class SloPair(NamedTuple):
    """An SLO in two verdicts; None where one does not have it."""

    name: str
    before: SloResult | None
    after: SloResult | None
    change: Change


class Comparison(NamedTuple):
    """All pairs, what is worse first; `caveats` say what else differs between the two runs."""

    before: Verdict
    after: Verdict
    guarantees: tuple[GuaranteePair, ...]
    slos: tuple[SloPair, ...]
    caveats: tuple[str, ...]

    @property
    def regressions(self) -> tuple[str, ...]:
        """What became worse, a phrase each."""
        return (
            *(_broken(pair) for pair in self.guarantees if pair.change == "worse"),
            *(_slower(pair) for pair in self.slos if pair.change == "worse"),
        )

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        if self.regressions:
            return f"regression: {'; '.join(self.regressions)}"
        better, unclear = self._names("better"), self._names("unclear")
        told = f"no regression: {len(self.guarantees)} guarantees and {len(self.slos)} SLOs compared"
        told += f", better: {', '.join(better)}" if better else ""
        return told + (f", cannot be told: {', '.join(unclear)}" if unclear else "")

    def _names(self, change: Change) -> list[str]:
        guarantees = [pair.name for pair in self.guarantees if pair.change == change]
        return guarantees + [pair.name for pair in self.slos if pair.change == change]

    @property
    def exit(self) -> int:
        """The exit code."""
        return EXIT_REGRESSION if self.regressions else 0


def compare(before: Verdict, after: Verdict) -> Comparison:
    """Pair everything that either verdict has."""
    guarantees = [
        GuaranteePair(name, a, b, _guarantee_change(a, b))
        for name, a, b in _pairs({each.name: each for each in before.guarantees},
                                 {each.name: each for each in after.guarantees})
    ]
    slos = [
        SloPair(name, a, b, _slo_change(a, b))
        for name, a, b in _pairs({each.name: each for each in before.slos}, {each.name: each for each in after.slos})
    ]
    return Comparison(
        before, after, tuple(sorted(guarantees, key=lambda pair: _ORDER.index(pair.change))),
        tuple(sorted(slos, key=lambda pair: _ORDER.index(pair.change))), tuple(_caveats(before, after)),
    )


def _pairs(
    before: dict[str, _Result], after: dict[str, _Result]
) -> Iterable[tuple[str, _Result | None, _Result | None]]:
    return ((name, before.get(name), after.get(name)) for name in before | after)


def _guarantee_change(before: GuaranteeResult | None, after: GuaranteeResult | None) -> Change:
    was, now = (None if each is None else each.result for each in (before, after))
    if now == "broken":
        return "same" if was == "broken" else "worse"
    if was == now or not {"held", "broken"} & {was, now}:
        return "same"
    return "better" if (was, now) == ("broken", "held") else "unclear"


def _slo_change(before: SloResult | None, after: SloResult | None) -> Change:
    was, now = _bounds(before), _bounds(after)
    if was is None or now is None:
        return "unclear"
    (was_low, was_high), (now_low, now_high) = was, now
    if was_low <= now_high and now_low <= was_high:
        return "same"
    more_is_worse = after is not None and after.unit != "%"
    return "worse" if (now_low > was_high) == more_is_worse else "better"


def _bounds(slo: SloResult | None) -> tuple[float, float] | None:
    """The interval of an SLO that was judged; a bound that verdict.json has no number for is infinite."""
    if slo is None or slo.result in _UNJUDGED:
        return None
    return (math.inf if slo.low is None else slo.low, math.inf if slo.high is None else slo.high)


def _caveats(before: Verdict, after: Verdict) -> Iterable[str]:
    if before.scenario != after.scenario:
        yield f"The scenarios differ: {before.scenario} and {after.scenario}."
    if before.seed != after.seed:
        yield f"The seeds differ ({before.seed} and {after.seed}), and with them the load and the faults."


def _broken(pair: GuaranteePair) -> str:
    was = "not judged" if pair.before is None else result_text(pair.before)
    return f"{pair.name} is broken (before: {was})"


def _slower(pair: SloPair) -> str:
    assert pair.before is not None, "an SLO that is worse has both results"
    assert pair.after is not None, "an SLO that is worse has both results"
    was, now = (f"{quantity(slo.value, slo.unit)} {interval(slo)}" for slo in (pair.before, pair.after))
    return f"{pair.name} went from {was} to {now}"
