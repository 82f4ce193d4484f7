"""What tests of Locust share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loadtests.locust_process import Locusts


@pytest.fixture
def locusts(tmp_path: Path) -> Iterator[Locusts]:
    """Locust processes in a directory of their own, none of which outlives the test."""
    made = Locusts(tmp_path)
    yield made
    made.close()
