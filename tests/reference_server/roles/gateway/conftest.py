"""A fresh gateway over fakes for every test."""

import pytest

from tests.reference_server.roles.gateway.bench import Bench


@pytest.fixture
def bench() -> Bench:
    """A gateway with the group `g` of ann, bob and cleo, which has one event."""
    bench = Bench()
    bench.host.group("g", "ann", "bob", "cleo")
    return bench
