"""What is left of an acknowledged message when the server dies right after its answer."""

from pathlib import Path

import pytest

from chatproof.mutants.ack_before_log import broken
from chatproof.reference_server.composition import Parts, healthy_parts
from tests.reference_server.roles.conversations.node import group, message, seq_of, seqs

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def left_after_a_crash(directory: Path, parts: Parts) -> tuple[int, list[int]]:
    """The seq that a message was acknowledged with, and the seqs that its conversation has after a crash."""
    engine = await parts.engine(directory)
    host = parts.host(engine, parts.fold)
    await host.start()
    await seq_of(host, group(1, "a", "b"))
    await host.close()
    engine = await parts.engine(directory)
    host = parts.host(engine, parts.fold)
    await host.start()
    acked = await seq_of(host, message(2))
    await engine.log.close()
    await engine.store.close()
    engine = await parts.engine(directory)
    host = parts.host(engine, parts.fold)
    await host.start()
    left = await seqs(host, "g", "a")
    await host.close()
    return acked, left


async def test_what_was_acknowledged_is_gone(tmp_path: Path) -> None:
    """A clean stop writes everything out; a crash does not. The healthy server has it either way."""
    assert (2, [1, 2]) == await left_after_a_crash(tmp_path / "healthy", healthy_parts())
    assert (2, [1]) == await left_after_a_crash(tmp_path / "broken", broken(healthy_parts()))
