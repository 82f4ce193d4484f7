"""Mutants run on uvloop, as the server that they are made of does."""

import pytest


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop of async tests."""
    return "asyncio", {"use_uvloop": True}
