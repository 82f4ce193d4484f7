"""Process faults on a real target: applied, seen from outside, undone, mended."""

import pytest
import trio

from chatproof.chaos.cluster import Cluster
from chatproof.chaos.errors import EffectNotSeen, HandshakeRefused
from chatproof.chaos.injectors.process import KillInjection, PauseInjection

pytestmark = pytest.mark.slow

STRANGERS = pytest.mark.parametrize("strangers", ["welcome", "refused"])
"""A target that lets a probe in, and one that turns it away: either shows what acts."""


@pytest.mark.trio
@STRANGERS
async def test_a_kill_is_seen_and_mended(cluster: Cluster) -> None:
    """After the kill a connection is refused; after the restart the node is ready and a round trip succeeds."""
    fault = KillInjection(cluster, "node-a")
    await fault.prepare()
    await fault.start()
    assert "refused" in await fault.effect()
    await fault.stop()
    assert "ready and round trip in" in await fault.mended()
    await fault.release()
    assert ["spawn", "ready", "killed", "spawn", "ready"] == [row.event for row in cluster.rows]


@pytest.mark.trio
@STRANGERS
async def test_a_pause_is_seen_and_mended(cluster: Cluster) -> None:
    """A paused process still accepts in the kernel, but answers no ping; continued, it does."""
    fault = PauseInjection(cluster, "node-a")
    await fault.prepare()
    await fault.start()
    assert "no answer within 300 ms" == await fault.effect()
    await fault.stop()
    assert "round trip in" in await fault.mended()
    await fault.release()
    assert [] == cluster.paused()


@pytest.mark.trio
@STRANGERS
async def test_what_was_not_done_is_not_seen(cluster: Cluster) -> None:
    """Neither a kill nor a pause that never happened has an effect, and undoing them touches nothing."""
    kill, pause = KillInjection(cluster, "node-a"), PauseInjection(cluster, "node-a")
    for fault in (kill, pause):
        await fault.prepare()
        with pytest.raises(EffectNotSeen):
            await fault.effect()
        await fault.stop()
        await fault.release()
    assert ["spawn", "ready"] == [row.event for row in cluster.rows]


@pytest.mark.trio
@pytest.mark.parametrize("strangers", ["lost"])
async def test_what_answers_was_not_killed(cluster: Cluster) -> None:
    """Whatever it answers: a refused handshake is no refused connection."""
    with pytest.raises(HandshakeRefused, match="404"):
        await KillInjection(cluster, "node-a").effect()


@pytest.mark.trio
async def test_a_kill_cut_short_is_undone_all_the_same(cluster: Cluster) -> None:
    """A kill whose confirmation was never waited for is waited for before the restart."""
    fault = KillInjection(cluster, "node-a")
    with trio.CancelScope() as scope:
        scope.cancel()
        await fault.start()
    await fault.stop()
    assert "ready" in await fault.mended()
    assert ["spawn", "ready", "killed", "spawn", "ready"] == [row.event for row in cluster.rows]
