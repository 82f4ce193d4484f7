"""Tests against a real node run on uvloop, as the node itself does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.reference_server.conformance.world import World, open_world


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop of async tests."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def world(tmp_path: Path, anyio_backend: object) -> AsyncIterator[World]:
    """A node with the group `g` of ann, bob and cleo."""
    async with open_world(tmp_path) as world:
        await world.group("g", "ann", "bob", "cleo")
        yield world
