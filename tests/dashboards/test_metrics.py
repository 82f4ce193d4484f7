"""The declared metrics: named as Prometheus wants them, and fit for the SLOs."""

import re

import pytest

from chatproof.dashboards.generated import indicators
from chatproof.dashboards.indicators import Indicator
from chatproof.metrics.load import LOAD
from chatproof.metrics.metric import Metric
from chatproof.metrics.server import SEND_ACK, SERVER


@pytest.mark.parametrize("metric", [*SERVER, *LOAD], ids=lambda metric: metric.name)
def test_a_metric_is_named_by_the_rules(metric: Metric) -> None:
    """Ours begin with the project's name; counters end in `_total`, histograms in their unit; the help is a sentence.
    """
    assert re.fullmatch(r"chatproof_[a-z0-9_]+", metric.name)
    assert (metric.kind == "counter") == metric.name.endswith("_total")
    assert metric.kind != "histogram" or metric.name.endswith("_seconds")
    assert metric.help[0].isupper() or metric.help[0].isdigit()
    assert metric.help.endswith(".")


@pytest.mark.parametrize("metric", [*SERVER, *LOAD], ids=lambda metric: metric.name)
def test_only_histograms_have_buckets(metric: Metric) -> None:
    """In ascending order."""
    assert (metric.kind == "histogram") == bool(metric.buckets)
    assert sorted(set(metric.buckets)) == list(metric.buckets)


def test_every_name_is_declared_once() -> None:
    """Over the server and the load together: one Prometheus scrapes both."""
    names = [metric.name for metric in (*SERVER, *LOAD)]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("indicator", indicators(), ids=lambda indicator: indicator.name)
def test_every_threshold_of_an_slo_is_the_edge_of_a_bucket(indicator: Indicator) -> None:
    """So the share of good events is counted, and not interpolated within a bucket."""
    assert indicator.threshold_s in indicator.carrier.buckets


def test_the_server_has_an_edge_on_the_thresholds_of_sends() -> None:
    """Its own histogram of acknowledgements can be laid beside the load's."""
    assert {0.2, 5.0} == {each.threshold_s for each in indicators() if each.name.startswith("send")}
    assert set() == {0.2, 5.0} - set(SEND_ACK.buckets)
