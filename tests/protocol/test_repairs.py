"""Holes: when they are read, how often, and when they are left alone; and how the own message is shown."""

from chatproof.protocol import client_limits
from chatproof.protocol.client import State
from chatproof.protocol.facts import Announced, PageArrived, RepairAsked, Seen
from chatproof.protocol.frames import Cursor, Event, Gap, Head, HistoryOk, Pong, Request
from tests.protocol.peer import MS, Peer, S, error, message, ok, push

GRACE_NS = client_limits.REPAIR_GRACE_NS


def page(*events: Event, head: int, gaps: tuple[Gap, ...] = ()) -> HistoryOk:
    """A page of c1 that is complete."""
    return HistoryOk("c1", events, Cursor(1, head), Cursor(1, head), True, gaps)


def holed(*seqs: int) -> Peer:
    """A live device to which these seqs came, after seq 1."""
    peer = Peer("c1")
    peer.go_live()
    peer.say(*(push("ev", message(seq)) for seq in seqs))
    return peer


def reads(peer: Peer, ns: int = GRACE_NS) -> list[Request]:
    """Time passes: the reads that the client asks for."""
    peer.wait(ns)
    return peer.take("history")


def test_a_hole_is_read_after_a_grace_and_only_the_hole() -> None:
    """One read, from before the hole, as many items as are missing."""
    peer = holed(2, 5)
    assert [] == reads(peer, GRACE_NS - 50 * MS)
    [read] = reads(peer, 50 * MS)
    assert read.history is not None
    assert (Cursor(1, 2), 2) == (read.history.cursor, read.history.limit)
    assert RepairAsked(-1, "c1", 2, 2) == peer.facts[-1]


def test_a_hole_that_fills_in_time_is_not_read() -> None:
    """What was under way came."""
    peer = holed(3)
    peer.say(push("ev", message(2)))
    assert [] == reads(peer)


def test_what_a_repair_brings_is_a_page_and_arrivals() -> None:
    """The items are shown where they were missing; hidden ones are told as a gap."""
    peer = holed(5)
    [read] = reads(peer)
    hidden = Gap("c1", 3, 4, "hidden")
    answer = page(message(2), head=5, gaps=(hidden,))
    facts = peer.say(ok(read, answer))
    assert PageArrived(-1, "c1", "ok", "", answer) == facts[0]
    assert [Seen(message(2), 0, 5, "repair", True), Announced("gap", "c1", 3, 4, "hidden")] == facts[-2:]
    assert Cursor(1, 5) == peer.client.position("c1")


def test_a_lost_tail_is_read_once_a_pong_shows_it() -> None:
    """No later event is needed to notice."""
    peer = holed()
    peer.wait(5 * S)
    [ping] = peer.take("ping")
    peer.say(ok(ping, Pong((Head("c1", 1, 4),), 0)))
    assert 1 == len(reads(peer))
    assert RepairAsked(-1, "c1", 1, 3) == peer.facts[-1]


def test_a_hole_that_history_does_not_fill_is_left_alone_after_some_tries() -> None:
    """A server that lost an event is not asked for ever; a later hole is still repaired."""
    peer = holed(3)
    tries = 0
    for _ in range(100):
        for read in reads(peer, 100 * MS):
            tries += 1
            peer.say(ok(read, page(head=3)))
    assert client_limits.REPAIR_TRIES == tries
    peer.say(push("ev", message(5)))
    [read] = reads(peer, 2 * S)
    assert read.history is not None
    assert Cursor(1, 3) == read.history.cursor
    peer.say(ok(read, page(message(4), head=5)))
    assert Cursor(1, 1) == peer.client.position("c1")


def test_a_read_that_fails_is_tried_again() -> None:
    """An error, then no answer, then the page."""
    peer = holed(3)
    [read] = reads(peer)
    peer.say(error(read, "stale_node"))
    [read] = reads(peer, S)
    assert PageArrived(-2, "c1", "unknown", "timeout", None) in peer.wait(client_limits.REQUEST_TIMEOUT_NS)
    [read] = reads(peer, 2 * S)
    peer.say(ok(read, page(message(2), head=3)))
    assert Cursor(1, 3) == peer.client.position("c1")


def test_a_long_hole_is_read_page_by_page() -> None:
    """Progress asks on at once; each page starts where the last one ended."""
    peer = holed(1_203)
    [first] = reads(peer)
    peer.say(ok(first, page(*map(message, range(2, 502)), head=1_203)))
    [second] = reads(peer, 50 * MS)
    assert (first.history and first.history.limit, second.history and second.history.cursor) == (500, Cursor(1, 501))


def test_a_lost_link_ends_repairs_and_the_resume_takes_over() -> None:
    """The open read is unknown; nothing is read before the stream is live again."""
    peer = holed(3)
    reads(peer)
    assert PageArrived(-1, "c1", "unknown", "link_lost", None) in peer.down()
    peer.greet()
    assert [] == reads(peer, S)
    assert State.RESUMING is peer.client.state


def test_the_own_message_is_shown_by_its_ack_when_it_is_the_next() -> None:
    """The echo that follows is not shown again."""
    peer = Peer("c1")
    peer.go_live()
    peer.send(7)
    [request] = peer.take("send")
    seen = peer.ack(request, 2)[-1]
    assert isinstance(seen, Seen)
    assert ("ack", True, "u1", "hi") == (seen.via, seen.shown, seen.event.by, seen.event.body)
    [echo] = peer.say(push("ev", message(2, by="u1")))
    assert ("live", False) == (echo.via, echo.shown) if isinstance(echo, Seen) else None


def test_the_own_message_is_shown_by_its_echo_when_something_is_missing_before() -> None:
    """Its ack alone would put it in the wrong place."""
    peer = Peer("c1")
    peer.go_live()
    peer.send(7)
    [request] = peer.take("send")
    seen = peer.ack(request, 3)[-1]
    assert ("ack", False) == (seen.via, seen.shown) if isinstance(seen, Seen) else None
    shown = [fact.shown for fact in peer.say(push("ev", message(2)), push("ev", message(3))) if isinstance(fact, Seen)]
    assert [True, True] == shown


def test_the_ack_of_a_retry_shows_nothing_that_is_there() -> None:
    """The resume had brought it."""
    peer = holed(2)
    peer.send(7)
    [request] = peer.take("send")
    seen = peer.ack(request, 2, duplicate=True)[-1]
    assert ("ack", False) == (seen.via, seen.shown) if isinstance(seen, Seen) else None
