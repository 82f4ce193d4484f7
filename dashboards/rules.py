"""Prometheus rules of an SLO: recordings and burn-rate alerts, under the names and labels that Sloth uses.

So dashboards and habits made for Sloth work with them. One thing differs: where nothing happened there is no ratio
(Sloth records NaN, which spoils the average over the period).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chatproof.dashboards.burn_rates import Burn, Severity, Windows
from chatproof.dashboards.indicators import Indicator

_SEVERITIES: tuple[Severity, ...] = ("page", "ticket")
Rule = dict[str, Any]


def rules_of(indicators: Iterable[tuple[Indicator, Windows]]) -> dict[str, Any]:
    """A rule file: three groups per SLO. Groups are evaluated each for itself, the rules in one in order."""
    groups = []
    for indicator, windows in indicators:
        named = f"{indicator.service}-{indicator.name}"
        groups += [
            {"name": f"sloth-slo-sli-recordings-{named}", "rules": _ratios(indicator, windows)},
            {"name": f"sloth-slo-meta-recordings-{named}", "rules": _meta(indicator, windows)},
            {"name": f"sloth-slo-alerts-{named}", "rules": _alerts(indicator, windows)},
        ]
    return {"groups": groups}


def alert_name(indicator: Indicator) -> str:
    """`ChatSendAckBudgetBurns`."""
    words = f"{indicator.service}-{indicator.name}".split("-")
    return "".join(word.capitalize() for word in words) + "BudgetBurns"


def _labels(indicator: Indicator) -> dict[str, str]:
    """The labels by which everything of one SLO is found."""
    return {
        "sloth_id": f"{indicator.service}-{indicator.name}",
        "sloth_service": indicator.service,
        "sloth_slo": indicator.name,
    }


def _series(name: str, indicator: Indicator) -> str:
    chosen = ", ".join(f'{label}="{value}"' for label, value in _labels(indicator).items())
    return f"{name}{{{chosen}}}"


def ratio_name(window: str) -> str:
    """The recording of the share of bad events over a window."""
    return f"slo:sli_error:ratio_rate{window}"


def _recorded(name: str, expr: str, labels: dict[str, str]) -> Rule:
    return {"record": name, "expr": expr, "labels": dict(labels)}


def _ratios(indicator: Indicator, windows: Windows) -> list[Rule]:
    """The share of bad events over each window, and over the period as the average of the shortest."""
    labels = _labels(indicator)
    rules = [
        _recorded(ratio_name(window), indicator.error_ratio(window), {**labels, "sloth_window": window})
        for window in windows.rates
    ]
    period = f"avg_over_time({_series(ratio_name(windows.sli), indicator)}[{windows.period}])"
    return [*rules, _recorded(ratio_name(windows.period), period, {**labels, "sloth_window": windows.period})]


def _meta(indicator: Indicator, windows: Windows) -> list[Rule]:
    """What the SLO promises, and how much of its budget is spent."""
    labels, budget = _labels(indicator), _series("slo:error_budget:ratio", indicator)
    on = "/ on(sloth_id, sloth_slo, sloth_service) group_left\n"
    current = f"{_series(ratio_name(windows.sli), indicator)}\n{on}{budget}"
    spent = f"{_series(ratio_name(windows.period), indicator)}\n{on}{budget}"
    return [
        _recorded("slo:objective:ratio", f"vector({indicator.objective})", labels),
        _recorded("slo:error_budget:ratio", f"vector({_budget(indicator)})", labels),
        _recorded("slo:time_period:days", f"vector({indicator.days})", labels),
        _recorded("slo:current_burn_rate:ratio", current, labels),
        _recorded("slo:period_burn_rate:ratio", spent, labels),
        _recorded(
            "slo:period_error_budget_remaining:ratio",
            f"1 - {_series('slo:period_burn_rate:ratio', indicator)}", labels,
        ),
        _recorded(
            "sloth_slo_info", "vector(1)",
            {**labels, "sloth_mode": "chatproof", "sloth_spec": "openslo/v1", "sloth_objective": _percent(indicator)},
        ),
    ]  # fmt: skip


def _alerts(indicator: Indicator, windows: Windows) -> list[Rule]:
    """One alert per severity: any of its pairs of windows burns."""
    return [
        {
            "alert": alert_name(indicator),
            "expr": "\nor ignoring (sloth_window)\n".join(
                _burning(indicator, burn) for burn in windows.burns if burn.severity == severity
            ),
            "labels": {"sloth_severity": severity},
            "annotations": {
                "summary": f"{indicator.title}: the error budget of {indicator.objective_text} burns too fast.",
                "title": f"({severity}) {indicator.service} {indicator.name}: error budget burn rate is too fast.",
            },
        }
        for severity in _SEVERITIES
    ]


def _burning(indicator: Indicator, burn: Burn) -> str:
    limit = f"({burn.factor} * {_budget(indicator)})"
    sides: Sequence[str] = [
        f"  ({_series(ratio_name(window), indicator)} > {limit})" for window in (burn.short, burn.long)
    ]
    return "(\n" + "\n  and ignoring (sloth_window)\n".join(sides) + "\n)"


def _budget(indicator: Indicator) -> float:
    """1 - 0.95 is 0.05, and not 0.050000000000000044."""
    return round(1 - indicator.objective, 9)


def _percent(indicator: Indicator) -> str:
    return f"{100 * indicator.objective:g}%"
