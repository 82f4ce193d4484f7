"""A device: what it does stands in the history before its bytes are written; how links end is recorded as it was."""

import asyncio
from collections.abc import Sequence

import pytest
from picows import WSListener, ws_create_server

from chatproof.backends.ports import free_ports
from chatproof.drivers.http import Dial, HttpAnswer, HttpRequest
from chatproof.drivers.interface import (
    Answered,
    CaughtUp,
    DriverError,
    Endpoint,
    HeadSeen,
    MustClose,
    Observation,
    Operation,
    ResumeAnswered,
    ResumeStarted,
    Settled,
)
from chatproof.loadtests.plane.door import Door
from chatproof.loadtests.plane.errands import Errands
from chatproof.protocol.errors import CloseCode
from tests.loadtests.bench import CONVS, DEV, Bench
from tests.loadtests.fakes import FakeSession

OP = DEV << 32 | 1
SEND = Operation(OP, "send", 5, "key", "body")


@pytest.fixture
def bench() -> Bench:
    """A device, a link, a session that was accepted."""
    bench = Bench()
    bench.connect()
    return bench


def start(bench: Bench, operation: Operation = SEND) -> bool:
    """Start an operation that was meant to start at 5."""
    return bench.device.start(operation, expect="ok", intended_ns=5, give_up_ns=1_000, phase="main")


def test_invoke_rows_stand_before_the_bytes(bench: Bench) -> None:
    """First the operation, then its attempt, then the frame: a crash of the harness can hide no send."""
    start(bench)
    order = [name for name, _ in bench.writer.rows if name in ("operations.begin", "attempts.begin", "written")]
    assert ["operations.begin", "attempts.begin", "written"] == order


def test_an_attempt_names_session_and_node(bench: Bench) -> None:
    """So that a judge knows which link it took."""
    start(bench)
    (attempt,) = bench.writer.of("attempts.begin")
    assert (OP, 1, bench.device.number, "node-0") == tuple(attempt[c] for c in ("op", "attempt", "session", "node"))


def test_a_full_outbox_records_nothing() -> None:
    """What was not begun did not happen; the generator's health counts it."""
    bench = Bench()
    bench.session.is_full = True
    assert not start(bench)
    assert [] == bench.writer.of("operations.begin")


def test_without_a_link_an_operation_begins_and_waits() -> None:
    """It is in the history from the moment it is asked for; its attempt follows with the link."""
    bench = Bench()
    assert start(bench)
    assert [] == bench.writer.of("attempts.begin")
    bench.connect()
    assert 1 == len(bench.writer.of("attempts.begin"))


def test_asking_again_is_another_attempt_of_the_same_operation(bench: Bench) -> None:
    """No second beginning, no second end."""
    start(bench)
    bench.session.says = [
        Answered(OP, 1, "ok", "", False, 1, 4, 4, False), Settled(OP, "ok", "", "ack", 1, 4, 4),
    ]
    bench.device.frame_came(b"")
    bench.device.ask_again(OP, 1_000)
    bench.session.says = [
        Answered(OP, 2, "ok", "", False, 1, 4, 4, True), Settled(OP, "ok", "", "retry", 1, 4, 4),
    ]
    bench.device.frame_came(b"")
    assert [1, 2] == [row["attempt"] for row in bench.writer.of("attempts.end")]
    assert [False, True] == [row["duplicate"] for row in bench.writer.of("attempts.end")]
    assert 1 == len(bench.writer.of("operations.begin")) == len(bench.writer.of("operations.end"))


def test_a_device_is_live_once_every_conversation_is(bench: Bench) -> None:
    """Hello alone is not enough; a refused conversation does not hold it up."""
    assert not bench.device.is_live
    bench.session.says = [CaughtUp(CONVS[0], 3), ResumeAnswered(CONVS[1], "refused", "not_member", 0)]
    bench.device.frame_came(b"")
    assert bench.device.is_live


def test_a_resume_is_recorded_from_cursor_to_live(bench: Bench) -> None:
    """Its frontier is the head that the server named; it counts once per session."""
    resume = ResumeStarted(5, 7, 1, 7)
    bench.session.says = [
        resume, ResumeAnswered(5, "recovered", "", 9), CaughtUp(5, 9), resume, CaughtUp(5, 9),
    ]
    bench.clock.now_ns = 40
    bench.device.frame_came(b"")
    (begun,), (ended,) = bench.writer.of("resumes.begin"), bench.writer.of("resumes.end")
    assert (7, 7, 40) == (begun["from_seq"], begun["own_contiguous_seq"], begun["invoke_ns"])
    assert (9, 9, "recovered", 40) == tuple(ended[c] for c in ("frontier_seq", "upto_seq", "outcome", "live_ns"))


def test_a_lost_link_ends_what_was_under_way(bench: Bench) -> None:
    """The resume is aborted, the subscription ends, the connection was nobody's wish."""
    bench.session.says = [ResumeStarted(5, 7, 1, 7), HeadSeen(5, 1, 9, "resume")]
    bench.device.frame_came(b"")
    link = bench.device.link
    assert link is not None
    bench.clock.now_ns = 50
    bench.device.link_down(link)
    assert ["aborted"] == [row["outcome"] for row in bench.writer.of("resumes.end")]
    assert [50] == [row["to_ns"] for row in bench.writer.of("subscriptions.end")]
    (connection,) = bench.writer.of("connections.end")
    assert ("link", "abort", 1006, 50) == tuple(
        connection[c] for c in ("close_by", "close_kind", "close_code", "close_ns")
    )
    assert bench.device.link is None


def test_a_clean_close_is_recorded_as_the_clients(bench: Bench) -> None:
    """With the instant at which it began, and presence offline once the peer agreed."""
    link = bench.device.link
    assert link is not None
    bench.clock.now_ns = 50
    bench.device.close()
    link.peer_code = 1000
    bench.clock.now_ns = 52
    bench.device.link_down(link)
    (connection,) = bench.writer.of("connections.end")
    assert ("client", "clean", 50, 52) == tuple(
        connection[c] for c in ("close_by", "close_kind", "close_invoke_ns", "close_ns")
    )
    assert "offline" == bench.writer.of("presence_truth.begin")[-1]["state"]


def test_a_silent_link_is_given_up_as_half_open(bench: Bench) -> None:
    """At the session's wish: no byte came for too long."""
    link = bench.device.link
    bench.session.says = [MustClose(CloseCode.HEARTBEAT, "silent")]
    bench.device.tick(0)
    assert ["half_open"] == link.ends  # type: ignore[union-attr]


def test_a_device_connects_when_its_session_says_so_and_it_is_not_away() -> None:
    """Neither before its backoff is over, nor while it stays away."""
    device = Bench().device
    assert device.may_connect(0)
    device.away_until_ns = 100
    assert not device.may_connect(99)
    assert device.may_connect(100)
    device.stays_away = True
    assert not device.may_connect(100)


async def dialled(status: int) -> Bench:
    """A device after one try to connect to a target that answers every handshake with this HTTP status."""
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        bench = Bench(door=Door(Endpoint(f"ws://{host}:{port}/", f"http://{host}:{port}"), None, "", Errands({})))
        try:
            await bench.device.run_link()
        finally:
            assert bench.device.link is None
            assert ["link"] == [row["close_by"] for row in bench.writer.of("connections.end")]
        return bench


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_told_as_that(status: int) -> None:
    """Asking again would bring nothing else: a run would only see a device that never connects."""
    with pytest.raises(DriverError, match=rf"does not accept the credential of user 1: HTTP {status}\."):
        asyncio.run(dialled(status))


@pytest.mark.parametrize("status", [429, 503])
def test_a_target_that_is_busy_is_asked_again(status: int) -> None:
    """As after a kill, when what stands before it answers in its place; what it said is kept for who asks."""
    device = asyncio.run(dialled(status)).device
    assert device.may_connect(0)
    assert f"its handshake was refused: HTTP {status}" == device.hindrance


def test_a_target_that_is_not_there_is_told() -> None:
    """Nobody listens at that port."""
    (port,) = free_ports(1)
    bench = Bench(door=Door(Endpoint(f"ws://127.0.0.1:{port}/", ""), None, "", Errands({})))
    asyncio.run(bench.device.run_link())
    assert bench.device.hindrance.startswith("it could not connect: ")


class QuicklyPinging(FakeSession):
    """A session that has its link pinged soon."""

    def dial(self, ws: str) -> Dial:
        """After 50 ms of silence."""
        return Dial(ws, quiet_s=0.05)

    def requests(self) -> Sequence[HttpRequest]:
        """None."""
        return ()

    def responded(self, ref: int, answer: HttpAnswer, now_ns: int) -> Sequence[Observation]:
        """Nothing was asked."""
        raise AssertionError("nothing was asked")


def test_a_link_whose_other_end_is_gone_without_a_word_is_given_up() -> None:
    """Where the session has it pinged: nobody answers, so it is lost, and connected again."""

    async def run() -> Bench:
        server = await ws_create_server(lambda _: WSListener(), "127.0.0.1", 0, enable_auto_pong=False)
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        bench = Bench(door=Door(Endpoint(url, ""), None, "", Errands({})), session=QuicklyPinging())
        async with asyncio.timeout(10):
            await bench.device.run_link()
        server.close()
        return bench

    bench = asyncio.run(run())
    assert ["link"] == [row["close_by"] for row in bench.writer.of("connections.end")]
    assert bench.device.may_connect(0)


def test_how_the_target_closed_is_why_a_device_is_not_live(bench: Bench) -> None:
    """The last of its links tells, until the next one is accepted; then it is what did not catch up."""
    link = bench.device.link
    assert link is not None
    link.peer_code, link.peer_reason = 1008, "too many"
    bench.device.link_down(link)
    assert "the target closed its link with 1008: too many" == bench.device.hindrance
    bench.connect()
    assert "2 of its conversations did not catch up" == bench.device.hindrance


def test_a_link_that_was_given_up_is_why_a_device_is_not_live(bench: Bench) -> None:
    """Its own end of it says nothing more."""
    link = bench.device.link
    assert link is not None
    bench.session.says = [MustClose(CloseCode.HEARTBEAT, "silent")]
    bench.device.tick(0)
    bench.device.link_down(link)
    assert "its link was given up: silent" == bench.device.hindrance
