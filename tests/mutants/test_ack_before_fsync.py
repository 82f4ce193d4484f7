"""What is left of an acknowledged message when the server is killed, and when it loses power."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from chatproof.mutants.ack_before_fsync import broken
from chatproof.reference_server.composition import Parts, healthy_parts
from chatproof.simulation.lossy_disk import LossyDisk
from tests.reference_server.roles.conversations.node import group, message, seq_of, seqs
from tests.simulation.deaths import die, die_after


def left_after_a_death(directory: Path, parts: Parts) -> list[int]:
    """The seqs of a conversation whose last message, seq 2, was acknowledged before the node died."""

    async def begin() -> None:
        host = parts.host(await parts.engine(directory, parts.disk), parts.fold)
        await host.start()
        await seq_of(host, group(1, "a", "b"))
        await host.close()

    async def live() -> None:
        host = parts.host(await parts.engine(directory, parts.disk), parts.fold)
        await host.start()
        assert 2 == await seq_of(host, message(2))
        die()

    async def look() -> list[int]:
        host = parts.host(await parts.engine(directory, healthy_parts().disk), parts.fold)
        await host.start()
        left = await seqs(host, "g", "a")
        await host.close()
        return left

    asyncio.run(begin())
    die_after(lambda: asyncio.run(live()))
    return asyncio.run(look())


@pytest.mark.slow
def test_only_a_power_loss_shows_it(tmp_path: Path) -> None:
    """Killed, it has everything that it acknowledged; without power it has not. The healthy server has both times."""
    healthy = healthy_parts()
    powerless = replace(healthy, disk=LossyDisk(tmp_path / "unsynced"))
    left = {
        (of, death): left_after_a_death(tmp_path / f"{of} {death}", make(parts))
        for of, make in (("healthy", lambda parts: parts), ("broken", broken))
        for death, parts in (("killed", healthy), ("powerless", powerless))
    }
    assert {
        ("healthy", "killed"): [1, 2], ("healthy", "powerless"): [1, 2],
        ("broken", "killed"): [1, 2], ("broken", "powerless"): [1],
    } == left  # fmt: skip
