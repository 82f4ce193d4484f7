"""What a test needs and this machine may not have: a shown skip, or a failure where somebody asked for it."""

import os
from typing import NoReturn

import pytest


def missing(reason: str, variable: str) -> NoReturn:
    """Skip the test for this reason; fail it where the environment variable says `1`."""
    if os.environ.get(variable) == "1":
        pytest.fail(f"{reason}, and {variable}=1 asks for it")
    pytest.skip(reason)
