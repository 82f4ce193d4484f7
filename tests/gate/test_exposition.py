"""The load's metrics over HTTP: what the planes last said, each plane's numbers from one word of it."""

import socket
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chatproof.backends.ports import LOOPBACK, free_ports
from chatproof.gate.errors import EnvironmentNotReady
from chatproof.gate.exposition import LoadMetrics, exposed
from chatproof.loadtests.tally import Distribution
from chatproof.metrics.load import LATENCY_EDGES_S, LOAD
from tests.loadtests.tallies import progress

ACKS = Distribution((*([3] * len(LATENCY_EDGES_S)), 1), 1_500)


def scraped(port: int) -> dict[tuple[str, ...], float]:
    """(name, worker, other label's value) → value, as a scrape reads it."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"http://{LOOPBACK}:{port}/metrics", timeout=5) as reply:
        text = reply.read().decode()
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels, reverse=True))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_declared_metric_is_there_and_no_other() -> None:
    """With the declared kind and help, before any plane has said something too."""
    families = {family.name: family for family in LoadMetrics().collect()}
    declared = {metric.name.removesuffix("_total"): metric for metric in LOAD}
    assert declared.keys() == families.keys()
    assert {name: (each.kind, each.help) for name, each in declared.items()} == {
        name: (each.type, each.documentation) for name, each in families.items()
    }


@pytest.mark.slow
def test_a_scrape_reads_what_each_plane_last_said() -> None:
    """Histograms are cumulative and in seconds; failures are in the last bucket only."""
    (port,) = free_ports(1)
    with exposed(port) as metrics:
        metrics.progress = lambda: [progress(0, send_ack=ACKS), progress(1, t_ns=2_500_000_000, rec=7)]
        values = scraped(port)
    assert (100, 7, 2.5) == tuple(
        values[key] for key in (
            ("chatproof_load_rows_total", "0"), ("chatproof_load_rows_total", "1"),
            ("chatproof_load_as_of_seconds", "1"),
        )
    )  # fmt: skip
    assert 9 == values["chatproof_load_sends_ended_total", "0", "ok"]
    name = "chatproof_load_send_ack_seconds"
    assert (18, 37, 37, 1.5) == (
        values[f"{name}_bucket", "0", "0.2"], values[f"{name}_bucket", "0", "+Inf"], values[f"{name}_count", "0"],
        values[f"{name}_sum", "0"],
    )  # fmt: skip


def test_nothing_listens_where_no_port_is_asked_for() -> None:
    """The metrics are there for whoever asks them, and nobody can."""
    with exposed(None) as metrics:
        metrics.progress = lambda: [progress(0)]
        assert len(LOAD) == len(list(metrics.collect()))


def test_a_taken_port_is_said_before_the_run() -> None:
    """One sentence; the run does not start."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentNotReady, match=f"Port {port} cannot serve the metrics"), exposed(port):
            raise AssertionError("it must not come to this")
