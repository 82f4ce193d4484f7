"""The processes of a target, on a tiny real one."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from msgspec.structs import replace

from chatproof.backends import ports
from chatproof.chaos.cluster import Cluster, ProcessRow, local_cluster
from chatproof.chaos.errors import NeverReady, PortTaken, TargetDied, TargetError
from chatproof.chaos.probe import wait_through
from chatproof.checkers.history.tables import TABLES
from chatproof.checkers.history.vocabulary import ENUMERATIONS
from chatproof.drivers.interface import StartCommand

Make = Callable[[str], StartCommand]


def events(cluster: Cluster) -> list[str]:
    """What happened, in order."""
    return [row.event for row in cluster.rows]


def test_rows_are_those_of_the_history() -> None:
    """A row has the columns of the table `processes`, in its order."""
    assert TABLES["processes"].column_names == ProcessRow._fields


@pytest.mark.slow
@pytest.mark.trio
async def test_a_node_is_started_ready_and_stopped(echo_command: Make, tmp_path: Path) -> None:
    """Inside the block the node answers; afterwards its port is free and every event is one of the vocabulary."""
    command = echo_command("node-a")
    async with local_cluster([command], origin_ns=time.monotonic_ns(), logs=tmp_path, ready_within_s=20) as cluster:
        assert await wait_through(command.endpoint.ws, 5) > 0
    assert ["spawn", "ready", "exit"] == events(cluster)
    assert set(events(cluster)) <= set(ENUMERATIONS["process_event"])
    times = [row.t_ns for row in cluster.rows]
    assert sorted(times) == times
    assert times[0] >= 0
    assert ports.is_free(int(command.endpoint.http.rsplit(":")[-1]))


@pytest.mark.slow
@pytest.mark.trio
async def test_nothing_is_left_when_the_block_is_cancelled(echo_command: Make, tmp_path: Path) -> None:
    """A cancelled block ends the processes, a paused one too."""
    command = echo_command("node-a")
    with trio.CancelScope() as scope:
        async with local_cluster([command], origin_ns=0, logs=tmp_path, ready_within_s=20) as cluster:
            await cluster.pause("node-a")
            scope.cancel()
            await trio.sleep_forever()
    assert ["node-a"] == cluster.ended()


@pytest.mark.slow
@pytest.mark.trio
async def test_a_kill_is_confirmed_and_restarted(cluster: Cluster) -> None:
    """After kill -9 the process is gone with signal 9; the same command serves again under another pid."""
    command = cluster.command("node-a")
    before = cluster.rows[0].pid
    asked_ns = cluster.kill_nowait("node-a")
    assert await cluster.wait_killed("node-a") >= asked_ns
    assert ["node-a"] == cluster.ended()
    cluster.restart("node-a")
    await cluster.wait_ready("node-a", 20)
    assert await wait_through(command.endpoint.ws, 5) > 0
    assert ["spawn", "ready", "killed", "spawn", "ready"] == events(cluster)
    assert -signal.SIGKILL == cluster.rows[2].code
    assert before != cluster.rows[3].pid


@pytest.mark.slow
@pytest.mark.trio
async def test_a_restart_of_a_running_node_does_nothing(cluster: Cluster) -> None:
    """Only a node that ended is started again."""
    cluster.restart("node-a")
    assert ["spawn", "ready"] == events(cluster)


@pytest.mark.slow
@pytest.mark.trio
async def test_pause_and_continue(cluster: Cluster) -> None:
    """The kernel's word is waited for both times; continuing a running node is no event."""
    await cluster.pause("node-a")
    assert ["node-a"] == cluster.paused()
    await cluster.resume("node-a")
    await cluster.resume("node-a")
    assert [] == cluster.paused()
    assert ["spawn", "ready", "paused", "continued"] == events(cluster)


@pytest.mark.slow
@pytest.mark.trio
async def test_a_kill_asked_for_is_no_death(cluster: Cluster) -> None:
    """`watch` outlives a kill and a restart, and tells when the new process then ends by itself."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_expect_death, cluster)
        cluster.kill_nowait("node-a")
        await cluster.wait_killed("node-a")
        cluster.restart("node-a")
        os.kill(cluster.rows[-1].pid, signal.SIGKILL)
    assert ["spawn", "ready", "killed", "spawn", "exit"] == events(cluster)


async def _expect_death(cluster: Cluster) -> None:
    """Watch until the target dies."""
    with trio.fail_after(20), pytest.raises(TargetDied, match="node-a ended by itself with code -9"):
        await cluster.watch()


@pytest.mark.trio
async def test_a_taken_port_is_named(echo_command: Make, tmp_path: Path) -> None:
    """A port that somebody listens on is an error before anything is started."""
    listeners = await trio.open_tcp_listeners(0, host=ports.LOOPBACK)
    url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
    command = echo_command("node-a")
    taken = replace(command, endpoint=replace(command.endpoint, http=url))
    with pytest.raises(PortTaken, match=f"is taken: node-a cannot serve {url}"):
        Cluster(0, tmp_path).start(taken)
    await listeners[0].aclose()


@pytest.mark.trio
async def test_one_that_ends_before_it_serves_says_why(echo_command: Make, tmp_path: Path) -> None:
    """The exit code and the last lines of the log are in the error."""
    dying = replace(echo_command("node-a"), argv=(sys.executable, "-I", "-S", "-c", "raise SystemExit('no database')"))
    with pytest.raises(NeverReady, match=r"node-a ended with code 1 before it served http.*/ready: no database"):
        async with local_cluster([dying], origin_ns=0, logs=tmp_path, ready_within_s=20):
            pytest.fail("it was said to be ready")


@pytest.mark.slow
@pytest.mark.trio
async def test_one_that_never_serves_is_given_up(echo_command: Make, tmp_path: Path) -> None:
    """A process that runs and does not answer is an error after the bound, and is stopped."""
    mute = replace(echo_command("node-a"), argv=(sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"))
    with pytest.raises(NeverReady, match=r"node-a has not, within 0.3 s, served"):
        async with local_cluster([mute], origin_ns=0, logs=tmp_path, ready_within_s=0.3):
            pytest.fail("it was said to be ready")


@pytest.mark.trio
async def test_an_unknown_node_is_named(tmp_path: Path) -> None:
    """A node that was never started is an error, not a lookup failure."""
    with pytest.raises(TargetError, match="there is no process node-z"):
        Cluster(0, tmp_path).kill_nowait("node-z")


@pytest.mark.slow
@pytest.mark.trio
async def test_what_has_ended_cannot_be_killed(cluster: Cluster) -> None:
    """A kill of a node that is gone is an error: it would be confirmed without having done anything."""
    cluster.kill_nowait("node-a")
    await cluster.wait_killed("node-a")
    with pytest.raises(TargetError, match="node-a had ended, with code -9, before"):
        cluster.kill_nowait("node-a")
