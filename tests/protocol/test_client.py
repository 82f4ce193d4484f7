"""The client's life on links: states, retries over links, silence, reconnects."""

import pytest

from chatproof.protocol import client_limits, limits
from chatproof.protocol.client import State
from chatproof.protocol.errors import CloseCode
from chatproof.protocol.facts import (
    Announced,
    Concluded,
    HeadKnown,
    LinkUnusable,
    MarkersKnown,
    Opened,
    PageArrived,
    PresenceKnown,
    Replied,
    Seen,
)
from chatproof.protocol.frames import (
    ME,
    Advance,
    Bye,
    Cursor,
    Drain,
    Empty,
    Head,
    Heads,
    HelloOk,
    History,
    HistoryOk,
    Limits,
    Live,
    Marker,
    Ping,
    Pong,
    Presence,
    PresenceItem,
    PresenceOk,
    PresencePush,
    Receipt,
    ReceiptOk,
    ReceiptPush,
    Send,
    Sub,
    SubOk,
)
from tests.protocol.peer import MS, Peer, S, error, key, message, ok, push

BOB = PresenceItem("u2", "online", 5, 1)


# --- states -------------------------------------------------------------------------------------------------------


def test_hello_goes_alone_then_everything_followed_in_one_frame() -> None:
    """Greeting, resuming, live: each state begins with the server's word."""
    peer = Peer("c1", watched=["u2"])
    states = [peer.client.state]
    peer.up()
    [hello] = peer.take()
    assert hello.hello is not None
    states.append(peer.client.state)
    welcome = HelloOk("s", "u1", "d1", "n1", 5, Cursor(1, 0))
    assert [Opened(welcome)] == peer.say(ok(hello, welcome))
    watch, me, c1 = peer.take()
    assert (Presence(watch=("u2",)), Sub(ME), Sub("c1")) == (watch.presence, me.sub, c1.sub)
    peer.say(ok(me, SubOk(ME, True, Cursor(1, 0))), push("live", Live(ME, Cursor(1, 0))))
    states.append(peer.client.state)
    peer.say(ok(c1, SubOk("c1", True, Cursor(1, 1))), push("live", Live("c1", Cursor(1, 1))))
    states.append(peer.client.state)
    assert [State.DISCONNECTED, State.GREETING, State.RESUMING, State.LIVE] == states


def test_operations_wait_until_everything_is_caught_up() -> None:
    """Queued without a link, written after the resumes, not before."""
    peer = Peer("c1")
    assert peer.send(1)
    assert [] == peer.take()
    requests = peer.greet()
    assert [] == [request for request in requests if request.send]
    peer.down()
    peer.go_live()
    [request] = peer.take()
    assert Send("c1", key(1), "hi") == request.send
    assert [(1, 1)] == peer.attempts


def test_a_refused_stream_does_not_hold_up_the_rest() -> None:
    """Not a member of one conversation: the device is live all the same."""
    peer = Peer("c1")
    me, c1 = peer.greet()
    peer.say(ok(me, SubOk(ME, True, Cursor(1, 0))), push("live", Live(ME, Cursor(1, 0))))
    peer.say(error(c1, "not_member"))
    assert State.LIVE is peer.client.state


def test_a_refused_hello_gives_the_link_up() -> None:
    """Without a valid token there is no way back; a node that drains has a neighbour."""
    for code, close in (("unauthorized", CloseCode.UNAUTHORIZED), ("draining", CloseCode.DRAIN)):
        peer = Peer()
        peer.up()
        [hello] = peer.take()
        assert [LinkUnusable(close, f"hello was refused: {code}")] == peer.say(error(hello, code))
        assert [] == peer.take()


# --- attempts over links ------------------------------------------------------------------------------------------


def test_a_lost_link_makes_attempts_unknown_and_they_go_again_after_the_resume() -> None:
    """The same bytes, the next number, before what was queued since; the answer settles by retry."""
    peer = Peer("c1")
    peer.go_live()
    peer.send(1)
    [first] = peer.take("send")
    assert Replied(1, 1, "unknown", "link_lost", False, None) in peer.down()
    peer.send(2)
    peer.go_live()
    again, other = peer.take("send")
    assert (first.send, Send("c1", key(2), "hi")) == (again.send, other.send)
    assert [(1, 1), (1, 2), (2, 1)] == peer.attempts
    facts = peer.ack(again, 2, duplicate=True)
    assert ["ok", "retry"] == [fact.by if isinstance(fact, Concluded) else fact.outcome for fact in facts[:2]]  # type: ignore[union-attr]


def test_an_unanswered_request_is_unknown_after_its_time_and_the_link_is_suspected() -> None:
    """A ping asks whether anybody is there; the operation goes again on the same link."""
    peer = Peer("c1")
    peer.go_live()
    peer.wait(client_limits.REQUEST_TIMEOUT_NS - S)
    peer.send(1)
    peer.take()
    facts = peer.wait(client_limits.REQUEST_TIMEOUT_NS)
    assert Replied(1, 1, "unknown", "timeout", False, None) in facts
    assert 1 <= len([request for request in peer.take() if request.ping is not None])
    peer.wait(client_limits.RETRY_FIRST_NS)
    peer.take()
    assert [(1, 1), (1, 2)] == peer.attempts


def test_an_answer_after_its_time_still_settles() -> None:
    """The attempt was called unknown; the operation is ok, and the ack was seen."""
    peer = Peer("c1")
    peer.go_live()
    peer.send(1)
    [request] = peer.take("send")
    peer.wait(client_limits.REQUEST_TIMEOUT_NS)
    facts = peer.ack(request, 2)
    assert [Concluded, Seen] == [type(fact) for fact in facts]


def test_giving_up_closes_the_open_attempt_first() -> None:
    """The attempt is unknown, then the operation."""
    peer = Peer("c1")
    peer.go_live()
    peer.send(1, give_up_ns=peer.now + S)
    peer.take()
    assert [
        Replied(1, 1, "unknown", "gave_up", False, None), Concluded(1, "unknown", "gave_up", "none", None),
    ] == peer.wait(S)  # fmt: skip


def test_an_operation_without_a_link_ends_at_its_time() -> None:
    """It was never written, so it failed."""
    peer = Peer("c1")
    peer.send(1, give_up_ns=peer.now + S)
    assert [Concluded(1, "fail", "never_sent", "none", None)] == peer.wait(S)


def test_an_operation_that_no_frame_can_hold_fails_at_once() -> None:
    """Definitely, with the code that the server would use."""
    peer = Peer("c1")
    assert peer.send(1, body="x" * limits.MAX_FRAME_BYTES)
    assert [Concluded(1, "fail", "too_large", "none", None)] == peer.wait(50 * MS)


def test_many_operations_are_split_into_frames() -> None:
    """A frame names the attempts that it carries."""
    peer = Peer("c1")
    for op in range(client_limits.OUTBOX_OPERATIONS):
        peer.send(op, body="x" * 2_000)
    assert not peer.send(-1)
    peer.go_live()
    frames = peer.client.outgoing(peer.now)
    assert all(len(frame) <= limits.MAX_FRAME_BYTES for frame, _ in frames)
    assert [(op, 1) for op in range(client_limits.OUTBOX_OPERATIONS)] == [a for _, each in frames for a in each]
    assert all(len(each) == frame.count(b"\n") + 1 for frame, each in frames)


# --- silence, drains, closes --------------------------------------------------------------------------------------


def test_a_silent_link_is_given_up() -> None:
    """Nothing for longer than the heartbeat: the link is half-open, once, however much waits for an answer on it."""
    peer = Peer("c1")
    peer.greet()
    facts = peer.wait(2 * limits.HEARTBEAT_TIMEOUT_NS)
    assert [CloseCode.HEARTBEAT] == [fact.code for fact in facts if isinstance(fact, LinkUnusable)]
    assert [] == peer.take()


def test_pings_keep_coming_and_pongs_tell_heads() -> None:
    """Every five seconds; a pong that shows a later head is a head seen."""
    peer = Peer("c1")
    peer.go_live()
    for _ in range(3):
        peer.wait(limits.PING_INTERVAL_NS)
        [ping] = peer.take("ping")
        assert Ping() == ping.ping
        assert [HeadKnown("c1", 1, 9, "pong")] == peer.say(ok(ping, Pong((Head("c1", 1, 9),), 0)))


def test_a_hello_without_an_answer_gives_the_link_up() -> None:
    """There is nothing to lose on it."""
    peer = Peer()
    peer.up()
    peer.take()
    assert [LinkUnusable(CloseCode.HEARTBEAT, "hello was not answered")] == peer.wait(client_limits.HELLO_TIMEOUT_NS)


def test_a_frame_that_is_not_the_protocol_gives_the_link_up() -> None:
    """With a code after which a reconnect is allowed: a healthy node may be next."""
    peer = Peer()
    peer.go_live()
    [fact] = peer.say(b"what?")
    assert isinstance(fact, LinkUnusable)
    assert fact.code < CloseCode.REPLACED


def test_a_drain_moves_the_client_at_once() -> None:
    """The close is asked for, the next connect comes first thing."""
    peer = Peer()
    peer.go_live()
    assert [
        Announced("drain", "", 0, 0, "within 5000 ms"), LinkUnusable(CloseCode.DRAIN, "the node drains"),
    ] == peer.say(push("drain", Drain(5_000)))  # fmt: skip
    peer.down(CloseCode.DRAIN)
    at_ns = peer.client.reconnect_at_ns
    assert at_ns is not None
    assert 100 * MS <= at_ns - peer.now <= 300 * MS


def test_the_first_reconnect_is_fast_and_the_wait_grows_to_a_cap() -> None:
    """Counted from the last time that the client was live; a connect that fails counts like a link that is lost."""
    peer = Peer()
    reconnects = [peer.client.reconnect_at_ns]
    peer.go_live()
    assert [0, None] == [*reconnects, peer.client.reconnect_at_ns]
    for failures in range(12):
        peer.down()
        at_ns = peer.client.reconnect_at_ns
        assert at_ns is not None
        assert 100 * MS <= at_ns - peer.now <= min(100 * MS + (200 * MS << failures), 5 * S)
        peer.now = at_ns
    peer.go_live()
    peer.down()
    assert (peer.client.reconnect_at_ns or 0) - peer.now <= 300 * MS


@pytest.mark.parametrize("code", [3500, 3501, 3503, 4000])
def test_codes_from_3500_on_forbid_to_come_back(code: int) -> None:
    """And it is said why nobody reconnects."""
    peer = Peer()
    peer.go_live()
    assert [Announced("bye", "", 0, 0, f"closed with {code}: this token is not let in again")] == peer.down(code)
    assert None is peer.client.reconnect_at_ns


def test_what_comes_without_a_link_is_passed_over() -> None:
    """A frame that the caller hands over too late belongs to no session."""
    peer = Peer("c1")
    peer.go_live()
    peer.down()
    assert [] == peer.say(push("ev", message(2)))


# --- what else is said --------------------------------------------------------------------------------------------


def test_announcements_are_told() -> None:
    """Limits and bye, in words."""
    peer = Peer()
    peer.go_live()
    assert [Announced("limits", "", 0, 0, "presence off, receipts counts")] == peer.say(
        push("limits", Limits("off", "counts"))
    )
    assert [Announced("bye", "", 0, 0, "3002: too slow")] == peer.say(push("bye", Bye(3002, "too slow")))


def test_presence_and_markers_come_as_they_are() -> None:
    """From the watch list's reply as a snapshot, later as pushes; markers travel with the resume."""
    peer = Peer("c1", watched=["u2"])
    watch, me, c1 = peer.greet()
    assert [PresenceKnown((BOB,), "snapshot")] == peer.say(ok(watch, PresenceOk((BOB,))))
    assert [PresenceKnown((BOB,), "push")] == peer.say(push("presence", PresencePush((BOB,))))
    markers = (Marker("u2", 4, 3),)
    peer.say(ok(c1, SubOk("c1", True, Cursor(1, 4))))
    assert MarkersKnown("c1", markers, "snapshot") in peer.say(push("live", Live("c1", Cursor(1, 4), markers)))
    assert [MarkersKnown("c1", markers, "push")] == peer.say(push("receipt", ReceiptPush("c1", markers)))
    assert [HeadKnown("c1", 1, 4, "push")] == peer.say(push("heads", Heads((Head("c1", 1, 4),))))
    assert ME == me.sub.stream if me.sub else False


def test_the_watch_list_is_said_again_on_every_link_and_changes_are_said_at_once() -> None:
    """A session starts with nothing; while it is open only differences travel."""
    peer = Peer(watched=["u2", "u3"])
    peer.go_live()
    peer.client.follow([], ["u3", "u4"])
    [change] = peer.take("presence")
    assert Presence(watch=("u4",), unwatch=("u2",)) == change.presence
    peer.down()
    [whole, _] = peer.greet()
    assert Presence(watch=("u3", "u4")) == whole.presence


def test_a_watch_list_that_was_refused_for_now_is_said_again() -> None:
    """Whole, after a while; one that is refused for good is not."""
    peer = Peer(watched=["u2"])
    [watch, _] = peer.greet()
    peer.say(error(watch, "overloaded"))
    peer.wait(client_limits.SUBSCRIBE_RETRY_NS)
    [again] = peer.take("presence")
    assert Presence(watch=("u2",)) == again.presence
    peer.say(error(again, "too_many"))
    peer.wait(S)
    assert [] == peer.take("presence")


def test_following_changes_at_once_while_live() -> None:
    """A new conversation is subscribed, a dropped one unsubscribed."""
    peer = Peer("c1")
    peer.go_live()
    peer.client.follow(["c2"], [])
    unsub, sub = peer.take()
    assert ("c1", "c2") == (unsub.unsub and unsub.unsub.stream, sub.sub and sub.sub.stream)
    assert [] == peer.say(ok(unsub, Empty()))


def test_a_stream_that_holds_up_the_rest_can_be_dropped() -> None:
    """Once nothing is missing any more, the device is live."""
    peer = Peer("c1")
    me, _ = peer.greet()
    peer.say(ok(me, SubOk(ME, True, Cursor(1, 0))), push("live", Live(ME, Cursor(1, 0))))
    peer.client.follow([], [])
    assert State.LIVE is peer.client.state


def test_marks_become_one_receipt_with_an_advance() -> None:
    """Coalesced; the own markers are known from the reply."""
    peer = Peer("c1")
    peer.go_live(c1=9)
    for seq in (7, 8, 9):
        peer.client.mark("c1", seq, seq - 1)
    peer.wait(50 * MS)
    receipt, advance = peer.take()
    assert (Receipt("c1", 9, 8), Advance("c1", Cursor(1, 9))) == (receipt.receipt, advance.advance)
    assert [MarkersKnown("c1", (Marker("u1", 9, 8),), "read")] == peer.say(ok(receipt, ReceiptOk("c1", 9, 8)))
    peer.wait(2 * S)
    assert [] == peer.take()


# --- reads --------------------------------------------------------------------------------------------------------


def test_a_page_comes_back_under_the_id_of_its_read() -> None:
    """With the head that it tells; the timeline shows nothing of it."""
    peer = Peer("c1")
    peer.go_live(c1=3)
    peer.client.read(5, History("c1", None, 10))
    [request] = peer.take()
    page = HistoryOk("c1", (message(1), message(2)), Cursor(1, 2), Cursor(1, 3), False)
    assert [PageArrived(5, "c1", "ok", "", page), HeadKnown("c1", 1, 3, "read")] == peer.say(ok(request, page))


def test_a_read_ends_with_what_became_of_it() -> None:
    """An error, no answer, or the link gone; one that was not written yet waits for the next link."""
    peer = Peer("c1")
    peer.go_live()
    for read in (1, 2, 3):
        peer.client.read(read, History("c1"))
    first, *_ = peer.take()
    assert [PageArrived(1, "c1", "fail", "not_yet_visible", None)] == peer.say(error(first, "not_yet_visible"))
    peer.client.read(4, History("c1"))
    assert [
        PageArrived(2, "c1", "unknown", "link_lost", None), PageArrived(3, "c1", "unknown", "link_lost", None),
    ] == peer.down()  # fmt: skip
    peer.go_live()
    assert 1 == len(peer.take("history"))
    assert PageArrived(4, "c1", "unknown", "timeout", None) in peer.wait(client_limits.REQUEST_TIMEOUT_NS)


def test_reads_are_bounded() -> None:
    """Above the bound a read fails at once."""
    peer = Peer("c1")
    for read in range(client_limits.QUEUED_READS + 1):
        peer.client.read(read, History("c1"))
    assert [PageArrived(client_limits.QUEUED_READS, "c1", "fail", "too_many", None)] == peer.wait(50 * MS)
