"""The real Prometheus and its promtool for tests: on the PATH, cached, or unpacked from Debian's package.

Where it cannot be had, tests that ask for `prometheus_binaries` are shown as skipped, with the reason. Where
CHATPROOF_NEED_PROMETHEUS=1, as `make test-observability` has it, they fail instead.
"""

import pytest

from chatproof.backends import prometheus
from chatproof.backends.errors import BackendMissing
from chatproof.backends.prometheus import PrometheusBinaries
from tests.needed import missing

NEED_VARIABLE = "CHATPROOF_NEED_PROMETHEUS"


def obtained() -> PrometheusBinaries:
    """Both programs. Skips the test, or fails it where that was asked for, if they cannot be had."""
    try:
        return prometheus.obtain()
    except BackendMissing as error:
        missing(str(error), NEED_VARIABLE)


@pytest.fixture(scope="session")
def prometheus_binaries() -> PrometheusBinaries:
    """Both programs, looked for once."""
    return obtained()
