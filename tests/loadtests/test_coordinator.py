"""The coordinator over a real Unix socket: who it waits for, and that a lost plane ends every wait."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import trio
from pytest_trio import trio_fixture

from chatproof.backends import ports
from chatproof.loadtests.address import tcp_address
from chatproof.loadtests.control import (
    AllLive,
    Done,
    EndMain,
    EnterPhase,
    FromPlane,
    Joined,
    Start,
    ToPlane,
    Trigger,
)
from chatproof.loadtests.coordinator import Coordinator
from chatproof.loadtests.errors import PlaneLost
from chatproof.loadtests.plane.control_link import ControlLink
from tests.loadtests.tallies import progress

PATIENCE_S = 5


class FakePlane:
    """A plane's end of the socket."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream

    async def say(self, *messages: FromPlane) -> None:
        """All in one write, as it may happen."""
        await self.stream.send_all(b"".join(msgspec.json.encode(message) + b"\n" for message in messages))

    async def hear(self) -> ToPlane:
        """The next message."""
        return msgspec.json.decode(await self.stream.receive_some(), type=ToPlane)


class Meeting:
    """A coordinator of two planes, both connected and joined."""

    def __init__(self, coordinator: Coordinator, planes: list[FakePlane]) -> None:
        self.coordinator = coordinator
        self.planes = planes


@asynccontextmanager
async def connected(directory: Path) -> AsyncIterator[Meeting]:
    """A coordinator of two planes that have said nothing yet."""
    coordinator = Coordinator(directory / "control", 2)
    async with trio.open_nursery() as nursery, AsyncExitStack() as streams:
        await nursery.start(coordinator.serve)
        planes = []
        for _ in range(2):
            stream = await streams.enter_async_context(await trio.open_unix_socket(str(directory / "control")))
            planes.append(FakePlane(stream))
        yield Meeting(coordinator, planes)
        nursery.cancel_scope.cancel()


@trio_fixture
async def meeting(tmp_path: Path) -> AsyncIterator[Meeting]:
    """Two planes with one schedule."""
    async with connected(tmp_path) as meeting:
        for worker, plane in enumerate(meeting.planes):
            await plane.say(Joined(worker, 100 + worker, "sha"))
        with trio.fail_after(PATIENCE_S):
            await meeting.coordinator.wait_joined()
        yield meeting


@pytest.mark.trio
async def test_it_waits_until_every_plane_is_ready(meeting: Meeting) -> None:
    """One is not enough."""
    await meeting.planes[0].say(AllLive(0))
    with trio.move_on_after(0.02) as waited:
        await meeting.coordinator.wait_ready()
    assert waited.cancelled_caught
    await meeting.planes[1].say(AllLive(1))
    with trio.fail_after(PATIENCE_S):
        await meeting.coordinator.wait_ready()


@pytest.mark.trio
async def test_a_trigger_is_reached_when_every_plane_has_signalled_it(meeting: Meeting) -> None:
    """By name: another burst's signals do not count."""
    await meeting.planes[0].say(Trigger(0, "kill-0", 5), Trigger(0, "kill-1", 6))
    await meeting.planes[1].say(Trigger(1, "kill-1", 7))
    with trio.fail_after(PATIENCE_S):
        await meeting.coordinator.wait_trigger("kill-1")
    with trio.move_on_after(0.02) as waited:
        await meeting.coordinator.wait_trigger("kill-0")
    assert waited.cancelled_caught


@pytest.mark.trio
async def test_every_plane_hears_the_start_and_each_phase(meeting: Meeting) -> None:
    """In the coordinator's order."""
    await meeting.coordinator.start(123)
    assert [Start(123), Start(123)] == [await plane.hear() for plane in meeting.planes]
    await meeting.coordinator.enter("heal")
    assert [EnterPhase("heal")] * 2 == [await plane.hear() for plane in meeting.planes]


@pytest.mark.trio
async def test_every_plane_hears_that_main_ends_early(meeting: Meeting) -> None:
    """Whatever was planned, it is over now."""
    await meeting.coordinator.end_main()
    assert [EndMain(), EndMain()] == [await plane.hear() for plane in meeting.planes]


@pytest.mark.trio
async def test_what_was_left_in_a_phase_is_told_by_worker(meeting: Meeting) -> None:
    """Only of those that left something."""
    await meeting.planes[1].say(Done(1, "drain", "3 streams have not reached the head"))
    await meeting.planes[0].say(Done(0, "drain"))
    with trio.fail_after(PATIENCE_S):
        notes = await meeting.coordinator.wait_done("drain")
    assert ["worker 1: 3 streams have not reached the head"] == notes


@pytest.mark.trio
async def test_the_last_progress_of_each_plane_is_kept(meeting: Meeting) -> None:
    """By worker; the schedule's hash is theirs."""
    old, new = (progress(1, t_ns=t) for t in (1, 2))
    await meeting.planes[1].say(old, new, AllLive(1))
    await meeting.planes[0].say(AllLive(0))
    with trio.fail_after(PATIENCE_S):
        await meeting.coordinator.wait_ready()
    assert [new] == meeting.coordinator.progress()
    assert "sha" == meeting.coordinator.schedule_sha256


@pytest.mark.trio
async def test_a_lost_plane_ends_every_wait(meeting: Meeting) -> None:
    """Whoever waits hears which plane it was, at once and from then on."""
    async with trio.open_nursery() as nursery:

        async def wait() -> None:
            with pytest.raises(PlaneLost, match="plane 1 ended before the run was over"):
                await meeting.coordinator.wait_done("main")

        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        await meeting.planes[1].stream.aclose()
    with pytest.raises(PlaneLost):
        await meeting.coordinator.wait_trigger("kill-0")


@pytest.mark.trio
async def test_a_plane_may_leave_once_it_is_done_with_close(meeting: Meeting) -> None:
    """That is how a run ends."""
    for worker, plane in enumerate(meeting.planes):
        await plane.say(Done(worker, "close"))
        await plane.stream.aclose()
    with trio.fail_after(PATIENCE_S):
        assert [] == await meeting.coordinator.wait_done("close")


@pytest.mark.trio
async def test_a_plane_that_speaks_nonsense_is_lost(meeting: Meeting) -> None:
    """The run cannot go on with a plane that nobody understands."""
    await meeting.planes[0].stream.send_all(b"nonsense\n")
    with trio.fail_after(PATIENCE_S), pytest.raises(PlaneLost, match="plane 0 broke its connection"):
        await meeting.coordinator.wait_ready()


@pytest.mark.trio
async def test_planes_with_different_schedules_are_refused(tmp_path: Path) -> None:
    """They would not play the same run."""
    async with connected(tmp_path) as meeting:
        for worker, plane in enumerate(meeting.planes):
            await plane.say(Joined(worker, 1, f"sha-{worker}"))
        with trio.fail_after(PATIENCE_S), pytest.raises(PlaneLost, match="different schedules"):
            await meeting.coordinator.wait_joined()


@pytest.mark.trio
async def test_who_does_not_know_the_token_is_let_go_and_changes_nothing(tmp_path: Path) -> None:
    """Nor does a worker that the run does not have, or one that is there already."""
    coordinator = Coordinator(tmp_path / "control", 1, "token")
    async with trio.open_nursery() as nursery:
        await nursery.start(coordinator.serve)
        for stranger in (Joined(0, 1, "sha"), Joined(0, 1, "sha", token="guess"), Joined(1, 1, "sha", token="token")):
            async with await trio.open_unix_socket(str(tmp_path / "control")) as stream:
                await FakePlane(stream).say(stranger)
                with trio.fail_after(PATIENCE_S):
                    assert b"" == await stream.receive_some()
        async with await trio.open_unix_socket(str(tmp_path / "control")) as stream:
            await FakePlane(stream).say(Joined(0, 1, "sha", token="token"))
            with trio.fail_after(PATIENCE_S):
                await coordinator.wait_joined()
        nursery.cancel_scope.cancel()


@pytest.mark.trio
async def test_a_plane_can_ask_for_the_clock_before_it_joins(tmp_path: Path) -> None:
    """Over TCP as well; the answer is the machine's monotonic clock."""
    (port,) = ports.free_ports(1)
    coordinator = Coordinator(tcp_address("127.0.0.1", port), 1)
    async with trio.open_nursery() as nursery:
        await nursery.start(coordinator.serve)
        link = await trio.to_thread.run_sync(ControlLink.connect, tcp_address("127.0.0.1", port))
        before_ns = time.monotonic_ns()
        answer_ns = await trio.to_thread.run_sync(link.ask_clock)
        assert before_ns <= answer_ns <= time.monotonic_ns()
        link.send(Joined(0, 1, "sha", host="there", clock_err_ns=7))
        with trio.fail_after(PATIENCE_S):
            await coordinator.wait_joined()
        assert [("there", 7)] == [(plane.host, plane.clock_err_ns) for plane in coordinator.joined()]
        link.close()
        nursery.cancel_scope.cancel()
