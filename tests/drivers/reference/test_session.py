"""The session: our indexes in, our indexes out, bytes of the protocol between."""

import msgspec
import pytest

from chatproof.drivers.interface import (
    Answered,
    Arrived,
    Attempting,
    CaughtUp,
    ConversationSpec,
    DeviceSpec,
    HeadSeen,
    Item,
    MarkerSeen,
    MustClose,
    Noticed,
    Observation,
    Operation,
    PageRead,
    PresenceSeen,
    Provisioned,
    Read,
    Ready,
    RepairStarted,
    ResumeAnswered,
    ResumeStarted,
    Roster,
    Session,
    Settled,
)
from chatproof.drivers.registry import driver_named
from chatproof.protocol import client_limits
from chatproof.protocol.frames import (
    ME,
    Cursor,
    Event,
    Gap,
    HelloOk,
    History,
    HistoryOk,
    Join,
    Kick,
    Leave,
    Live,
    Marker,
    MembershipOk,
    Presence,
    PresenceItem,
    PresenceOk,
    Receipt,
    ReceiptOk,
    ReceiptPush,
    Request,
    Send,
    SendOk,
    Sub,
    SubOk,
)
from tests.protocol.peer import NEVER, key, ok, push

DEVICE = DeviceSpec(0, 0, "l0")
ROSTER = Roster(2, (DEVICE,), (ConversationSpec(4, "group", (0, 1)),))
PROVISIONED = Provisioned({0: "ann", 1: "bob"}, {0: "token-0"}, {4: "g4"})


class Link:
    """A session and what it wrote."""

    def __init__(self) -> None:
        driver = driver_named("reference")
        self.session: Session = driver.session(device=DEVICE, roster=ROSTER, provisioned=PROVISIONED, seed=1)
        self.session.follow([4], [1])
        self.now = 0

    def say(self, *lines: bytes) -> list[Observation]:
        """One frame from the server."""
        return list(self.session.receive(b"\n".join(lines), self.now))

    def take(self) -> list[Request]:
        """What the session writes now."""
        lines = [line for frame, _ in self.session.outgoing(self.now) for line in frame.split(b"\n")]
        return [msgspec.json.decode(line, type=Request) for line in lines]

    def greet(self) -> list[Request]:
        """A link, and hello answered: watch list and subscriptions."""
        assert [] == list(self.session.link_up(self.now))
        [hello] = self.take()
        welcome = HelloOk("s", "ann", "d0", "n1", 5, Cursor(1, 0))
        assert Ready("n1", 5) == self.say(ok(hello, welcome))[0]
        return self.take()

    def go_live(self) -> list[Observation]:
        """Everything is recovered up to seq 1 and live."""
        watch, me, conv = self.greet()
        head = Cursor(1, 1)
        return self.say(
            ok(watch, PresenceOk((PresenceItem("bob", "online", 5, 2), PresenceItem("eve", "online", 5, 1)))),
            ok(me, SubOk(ME, True, Cursor(1, 0))), push("live", Live(ME, Cursor(1, 0))),
            ok(conv, SubOk("g4", True, head)), push("live", Live("g4", head, (Marker("bob", 1, 1),))),
        )  # fmt: skip


@pytest.fixture
def link() -> Link:
    """A live link."""
    link = Link()
    link.go_live()
    return link


def test_a_link_becomes_live_in_our_words() -> None:
    """The own stream has no index and is not reported; users that the roster lacks are left out."""
    assert [
        PresenceSeen(1, "online", 5, 2, "snapshot"),
        HeadSeen(4, 1, 1, "resume"),
        CaughtUp(4, 1),
        MarkerSeen(4, 1, 1, 1, "snapshot"),
    ] == Link().go_live()


def test_a_resume_is_reported_from_its_start_to_live(link: Link) -> None:
    """From the own contiguous seq, to the frontier."""
    link.session.link_down(0, 1006, clean=False)
    _, _, conv = link.greet()
    assert Sub("g4", Cursor(1, 1)) == conv.sub
    assert [HeadSeen(4, 1, 3, "resume"), ResumeAnswered(4, "recovered", "", 3)] == link.say(
        ok(conv, SubOk("g4", True, Cursor(1, 3)))
    )


def test_a_resume_starts_with_the_accepted_session() -> None:
    """It is known before its bytes are written."""
    link = Link()
    link.go_live()
    link.session.link_down(0, 1006, clean=False)
    link.session.link_up(0)
    [hello] = link.take()
    observed = link.say(ok(hello, HelloOk("s", "ann", "d0", "n2", 6, Cursor(1, 0))))
    assert [Ready("n2", 6), ResumeStarted(4, 1, 1, 1)] == observed


OPERATIONS = [
    (Operation(1, "send", 4, key(1), "hi"), Send("g4", key(1), "hi")),
    (Operation(1, "receipt", 4, seq=7, marker="read"), Receipt("g4", read=7)),
    (Operation(1, "receipt", 4, seq=7, marker="delivered"), Receipt("g4", delivered=7)),
    (Operation(1, "join", 4, key(1)), Join("g4", key(1))),
    (Operation(1, "join", 4, key(1), user=0), Join("g4", key(1))),
    (Operation(1, "join", 4, key(1), user=1), Join("g4", key(1), "bob")),
    (Operation(1, "leave", 4, key(1)), Leave("g4", key(1))),
    (Operation(1, "kick", 4, key(1), user=1), Kick("g4", key(1), "bob")),
    (Operation(1, "presence", state="offline"), Presence("offline")),
]


@pytest.mark.parametrize(("operation", "command"), OPERATIONS, ids=lambda value: type(value).__name__)
def test_every_operation_is_a_command(link: Link, operation: Operation, command: msgspec.Struct) -> None:
    """With target ids, and its attempt named beside the frame."""
    assert link.session.do(operation, 0, NEVER)
    [(frame, attempts)] = link.session.outgoing(0)
    assert (Attempting(1, 1),) == attempts
    assert command == getattr(msgspec.json.decode(frame, type=Request), operation.kind)


ANSWERS = [
    (OPERATIONS[0][0], SendOk("g4", 1, 2, 2, 1000, True), (1, 2, 2, True)),
    (OPERATIONS[3][0], MembershipOk("g4", 1, 2, "ann"), (1, 2, 0, False)),
    (OPERATIONS[1][0], ReceiptOk("g4", 7, 7), (0, 0, 0, False)),
    (OPERATIONS[8][0], PresenceOk(()), (0, 0, 0, False)),
]


@pytest.mark.parametrize(("operation", "reply", "position"), ANSWERS, ids=lambda value: type(value).__name__)
def test_an_answer_carries_the_position_that_it_has(
    link: Link, operation: Operation, reply: msgspec.Struct, position: tuple[int, int, int, bool]
) -> None:
    """Zeros where a reply has none."""
    link.session.do(operation, 0, NEVER)
    [request] = link.take()
    answered, settled, *_ = link.say(ok(request, reply))
    assert Answered(1, 1, "ok", "", False, *position) == answered
    assert Settled(1, "ok", "", "ack", *position[:3]) == settled
    assert 0 == link.session.pending()


def test_the_ack_is_an_arrival(link: Link) -> None:
    """It shows the own message, which comes next."""
    link.session.do(OPERATIONS[0][0], 0, NEVER)
    [request] = link.take()
    *_, arrived = link.say(ok(request, SendOk("g4", 1, 2, 2, 1000)))
    assert Arrived(
        "conv", 4, 0, 3, 1, 2, 2, "message", 0, -1, key(1), "hi", "ack", True, 1_000_000_000
    ) == arrived  # fmt: skip
    assert 2 == link.session.contiguous(4)


def test_events_arrive_under_our_indexes(link: Link) -> None:
    """A conversation that the roster lacks is -1; the own stream's events name their conversation."""
    kick = Event("g4", 1, 2, 1, "kick", "bob", key(2), user="ann")
    left = Event(ME, 1, 1, 1, "left", "bob", user="ann", conv="g4")
    stranger = Event("g9", 1, 2, 1, "message", "eve", key(3), 2, "psst")
    observed = link.say(push("ev", kick), push("ev", left), push("ev", stranger))
    assert [
        Arrived("conv", 4, 0, 3, 1, 2, 0, "kick", 1, 0, key(2), "", "live", True, 1_000_000),
        Arrived("me", 4, 0, 3, 1, 1, 0, "left", 1, 0, "", "", "live", True, 1_000_000),
        Arrived("conv", -1, 0, 3, 1, 2, 2, "message", -1, -1, key(3), "psst", "live", False, 1_000_000),
    ] == observed


def test_a_page_is_a_walk_s_next_step(link: Link) -> None:
    """Items in order, where to go on, and the head then."""
    link.session.read(Read(9, 4, 3, 10, "backward"))
    [request] = link.take()
    assert History("g4", Cursor(1, 3), 10, "backward") == request.history
    event = Event("g4", 1, 2, 1, "message", "bob", key(2), 2, "hi")
    assert [
        PageRead(9, "ok", "", 1, [Item(1, 2, 2, "message", 1, key(2), "hi", 1_000_000)], 1, 5, False),
        HeadSeen(4, 1, 5, "read"),
    ] == link.say(ok(request, HistoryOk("g4", (event,), Cursor(1, 1), Cursor(1, 5), False)))


def test_a_walk_starts_without_a_cursor(link: Link) -> None:
    """From the first event forward, from the last one backward."""
    for direction in ("forward", "backward"):
        link.session.read(Read(9, 4, 0, 10, direction))
    assert [None, None] == [request.history.cursor for request in link.take() if request.history]


def test_a_repair_names_the_read_that_answers_it(link: Link) -> None:
    """Negative ids are the session's own."""
    link.say(push("ev", Event("g4", 1, 3, 1, "message", "bob", key(3), 3, "hi")))
    link.now += client_limits.REPAIR_GRACE_NS
    assert [RepairStarted(4, 1, 1, -1)] == list(link.session.tick(link.now))
    [request] = link.take()
    page, *_ = link.say(ok(request, HistoryOk("g4", (), Cursor(1, 1), Cursor(1, 3), True)))
    assert PageRead(-1, "ok", "", 1, [], 1, 3, True) == page


def test_notices_and_markers_name_their_conversation(link: Link) -> None:
    """What the server announces and shows, in our words; marks travel coalesced."""
    assert [Noticed("gap", 4, 2, 3, "hidden"), MarkerSeen(4, 1, 3, 2, "push")] == link.say(
        push("gap", Gap("g4", 2, 3, "hidden")),
        push("receipt", ReceiptPush("g4", (Marker("bob", 3, 2), Marker("eve", 1, 1)))),
    )
    link.session.mark(4, 3, 3)
    link.session.tick(0)
    assert Receipt("g4", 3, 3) == link.take()[0].receipt


def test_a_broken_frame_asks_for_a_close(link: Link) -> None:
    """The session never raises on what a server sends."""
    [wish] = link.say(b"{")
    assert isinstance(wish, MustClose)
