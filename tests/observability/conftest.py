"""Three runs, made once: a calm one, one over a slow link, and one whose links break and whose devices come back."""

from __future__ import annotations

import pytest

from chatproof.backends import prometheus
from chatproof.backends.errors import BackendMissing
from chatproof.backends.prometheus import PrometheusBinaries
from tests.observability.lab import Observed, observe

SLOW_MS = 150
"""Each way: an ack takes 300 ms, over its threshold of 200; a delivery stays far below its own of a second."""


@pytest.fixture(scope="session")
def binaries() -> PrometheusBinaries:
    """The real Prometheus; a skip that says why where it cannot be had (`make test-observability` fails then)."""
    try:
        return prometheus.obtain()
    except BackendMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def calm(binaries: PrometheusBinaries, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """Nothing is broken."""
    return observe(binaries, tmp_path_factory.mktemp("calm"), scenario="calm")


@pytest.fixture(scope="session")
def slow(binaries: PrometheusBinaries, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """Every message is late by `SLOW_MS`: an SLO is breached."""
    return observe(binaries, tmp_path_factory.mktemp("slow"), scenario="calm", latency_ms=SLOW_MS)


@pytest.fixture(scope="session")
def broken_links(binaries: PrometheusBinaries, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """Devices lose their links and catch up."""
    return observe(binaries, tmp_path_factory.mktemp("links"), scenario="short-links")
