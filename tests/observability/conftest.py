"""Three runs, made once: a calm one, one over a slow link, and one whose links break and whose devices come back."""

from __future__ import annotations

import pytest

from chatproof.backends.prometheus import PrometheusBinaries
from tests.observability.lab import Observed, observe

SLOW_MS = 150
"""Each way: an ack takes 300 ms, over its threshold of 200; a delivery stays far below its own of a second."""


@pytest.fixture(scope="session")
def calm(prometheus_binaries: PrometheusBinaries, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """Nothing is broken."""
    return observe(prometheus_binaries, tmp_path_factory.mktemp("calm"), scenario="calm")


@pytest.fixture(scope="session")
def slow(prometheus_binaries: PrometheusBinaries, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """Every message is late by `SLOW_MS`: an SLO is breached."""
    return observe(prometheus_binaries, tmp_path_factory.mktemp("slow"), scenario="calm", latency_ms=SLOW_MS)


@pytest.fixture(scope="session")
def broken_links(prometheus_binaries: PrometheusBinaries, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """Devices lose their links and catch up."""
    return observe(prometheus_binaries, tmp_path_factory.mktemp("links"), scenario="short-links")
