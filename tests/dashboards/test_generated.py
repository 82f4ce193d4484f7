"""The generated files: they agree with what they are generated from, and are what Prometheus and Grafana read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from chatproof.dashboards.boards import SOURCE
from chatproof.dashboards.burn_rates import Windows, windows_for
from chatproof.dashboards.generated import files, indicators
from chatproof.dashboards.openslo import load_slos
from chatproof.dashboards.rules import rules_of
from tests.dashboards.hurried import hurried

ROOT = Path(__file__).resolve().parent.parent.parent
BOARDS = sorted(name for name in files() if name.endswith(".json"))


@pytest.mark.parametrize("name", sorted(files()))
def test_what_is_committed_is_what_would_be_generated(name: str) -> None:
    """After a change of an SLO or a metric: `make docs`."""
    assert files()[name]() == (ROOT / name).read_text("utf-8")


def groups(windows_of: Callable[[int], Windows]) -> dict[str, list[dict[str, Any]]]:
    """Group → its rules."""
    rules = rules_of((each, windows_of(each.days)) for each in indicators())
    return {group["name"]: group["rules"] for group in rules["groups"]}


def test_an_slo_has_three_groups_under_the_names_of_sloth() -> None:
    """Ratios per window and over the period, what is promised and spent, and an alert per severity."""
    rules = groups(windows_for)
    assert {
        f"sloth-slo-{kind}-chat-{each.name}"
        for kind in ("sli-recordings", "meta-recordings", "alerts") for each in indicators()
    } == rules.keys()  # fmt: skip
    windows = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "28d")
    assert [f"slo:sli_error:ratio_rate{window}" for window in windows] == [
        rule["record"] for rule in rules["sloth-slo-sli-recordings-chat-send-ack"]
    ]
    assert ["page", "ticket"] == [
        rule["labels"]["sloth_severity"] for rule in rules["sloth-slo-alerts-chat-send-ack"]
    ]


def test_all_slos_are_watched_but_the_one_that_no_counter_sees() -> None:
    """That a message was never shown is an event that never happens."""
    assert {"delivery-shown"} == {slo["metadata"]["name"] for slo in load_slos()} - {each.name for each in indicators()}


def test_the_factors_are_those_of_28_days() -> None:
    """2 % of the budget in an hour, 5 % in 6 hours, 10 % in a day and in 3 days."""
    assert [13.44, 5.6, 2.8, 0.933333] == [burn.factor for burn in windows_for(28).burns]


def test_hurried_rules_differ_in_their_windows_only() -> None:
    """The factors and the severities are those of the rules that are deployed."""
    slow, fast = windows_for(28), hurried(28)
    assert [(burn.severity, burn.factor) for burn in slow.burns] == [(b.severity, b.factor) for b in fast.burns]
    assert groups(windows_for).keys() == groups(hurried).keys()


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_is_read_back_by_the_sdk(name: str) -> None:
    """Whole: every panel has its queries, each of a data source that provisioning knows."""
    register_default_plugins()  # without it the SDK reads no query back
    board = Dashboard.from_json(json.loads((ROOT / name).read_text("utf-8")))
    panels = [panel for panel in board.panels or [] if panel.type_val != "row"]
    assert len(panels) > 5
    sources = {target.datasource.uid for panel in panels for target in panel.targets or []}  # type: ignore[attr-defined]
    assert {SOURCE.uid} == sources
    assert all(panel.targets for panel in panels)


def test_the_pages_have_one_address_each() -> None:
    """A dashboard is found by its uid after it was generated anew."""
    uids = [json.loads((ROOT / name).read_text("utf-8"))["uid"] for name in BOARDS]
    assert ["chatproof-run", "chatproof-slos"] == uids
