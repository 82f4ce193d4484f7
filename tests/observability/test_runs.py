"""Whole runs that a real Prometheus scrapes: alerts, panels, and counters that agree with the history."""

from __future__ import annotations

import pytest

from chatproof.checkers.history.history import History
from chatproof.metrics import load
from chatproof.metrics.metric import Metric
from tests.observability.counted import counted
from tests.observability.lab import Alert, Observed

pytestmark = [pytest.mark.observability, pytest.mark.timeout(900)]


def _late_share(observed: Observed, metric: Metric, threshold_s: float) -> float:
    """Which share of all samples of the run was not below a threshold, by what the planes counted last."""
    last = {worker: values for (worker, _), values in sorted(observed.scrapes.items())}
    total = sum(values[f"{metric.name}_count"] for values in last.values())
    return 1 - sum(values[f"{metric.name}_bucket/{threshold_s}"] for values in last.values()) / total


def test_a_calm_run_fires_no_alert(calm: Observed) -> None:
    """Server and load were scraped, the rules were evaluated, and nobody was called."""
    assert {"server", "load"} == calm.up, calm.said
    assert _late_share(calm, load.SEND_ACK, 0.2) < 0.01, "the machine is too busy for a calm run"
    assert set() == calm.alerts


def test_a_breached_slo_fires_its_page_and_no_other(slow: Observed) -> None:
    """Acks are late over the slow link, and deliveries are not."""
    assert _late_share(slow, load.DELIVERY, 1.0) < 0.001, "the machine is too busy: deliveries are late, too"
    assert {Alert("send-ack", "page")} == {alert for alert in slow.alerts if alert.severity == "page"}, slow.said


def test_every_query_of_both_dashboards_has_data(broken_links: Observed) -> None:
    """Asked of Prometheus over the seconds of a run in which everything happens that they show."""
    assert () == broken_links.silent, broken_links.said


@pytest.mark.parametrize("run", ["calm", "slow", "broken_links"])
def test_at_every_scrape_the_counters_are_those_of_the_history(request: pytest.FixtureRequest, run: str) -> None:
    """Exactly: each scrape says as of which row it is, and the history up to that row, counted, says the same."""
    observed: Observed = request.getfixturevalue(run)
    instants = {(worker, values[load.ROWS.name]): values for (worker, _), values in observed.scrapes.items()}
    assert {0, 1} == {worker for worker, _ in instants}
    assert len(instants) > 20
    with History.open(observed.run_dir) as history:
        for (worker, rec), values in instants.items():
            expected = counted(history, worker, int(rec))
            assert expected == pytest.approx({name: values[name] for name in expected}, rel=0, abs=1e-9)


def test_the_last_scrape_has_everything(calm: Observed) -> None:
    """The planes tell their totals once more at their end: as of the last row that each recorded."""
    last = {worker: values for (worker, _), values in sorted(calm.scrapes.items())}
    with History.open(calm.run_dir) as history:
        recorded = {worker: sum(s.rows for s in history.run.segments if s.worker == worker) for worker in (0, 1)}
        sends = dict(history.rows("SELECT worker, count(*) FROM operations WHERE kind = 'send' GROUP BY 1"))
    assert sends == {worker: values[load.SENDS.name] for worker, values in last.items()}
    assert all(recorded[worker] <= values[load.ROWS.name] for worker, values in last.items())
