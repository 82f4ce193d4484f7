"""Power loss of a real process: what is seen of it, and what is not taken for it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from pytest_trio import trio_fixture

from chatproof.chaos.cluster import Cluster, local_cluster
from chatproof.chaos.errors import EffectNotSeen
from chatproof.chaos.injectors.disk import UnsyncedLostInjection
from chatproof.drivers.interface import StartCommand

pytestmark = pytest.mark.slow


@trio_fixture
async def counting(echo_command: Callable[[str], StartCommand], tmp_path: Path) -> AsyncIterator[Cluster]:
    """A ready target, `node-a`, whose storage counts in a file."""
    command = replace(echo_command("node-a"), unsynced=str(tmp_path / "unsynced"))
    async with local_cluster([command], origin_ns=0, logs=tmp_path, ready_within_s=20) as running:
        yield running


@pytest.mark.trio
async def test_a_power_loss_is_seen_and_mended(counting: Cluster, tmp_path: Path) -> None:
    """The process is gone, its unsynced bytes with it; afterwards it is ready again."""
    fault = UnsyncedLostInjection(counting, "node-a")
    await fault.prepare()
    (tmp_path / "unsynced").write_bytes((4096).to_bytes(8, "little"))
    await fault.start()
    seen = await fault.effect()
    assert ("disk", True, True) == (fault.target_kind, "refused" in seen, "4,096 unsynced bytes were lost" in seen)
    await fault.stop()
    assert "ready and round trip in" in await fault.mended()
    await fault.release()
    assert ["spawn", "ready", "killed", "spawn", "ready"] == [row.event for row in counting.rows]


@pytest.mark.trio
async def test_a_kill_that_lost_nothing_is_no_power_loss(counting: Cluster, cluster: Cluster, tmp_path: Path) -> None:
    """Neither without a count, nor with a count of nothing, nor where the storage keeps everything."""
    fault = UnsyncedLostInjection(counting, "node-a")
    await fault.start()
    with pytest.raises(EffectNotSeen, match="cannot be read"):
        await fault.effect()
    (tmp_path / "unsynced").write_bytes(bytes(8))
    with pytest.raises(EffectNotSeen, match="nothing of node-a was unsynced"):
        await fault.effect()
    keeping = UnsyncedLostInjection(cluster, "node-a")
    await keeping.start()
    with pytest.raises(EffectNotSeen, match="does not drop"):
        await keeping.effect()
