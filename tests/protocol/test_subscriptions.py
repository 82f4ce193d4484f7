"""Following streams over links: resumes from the own cursor, refusals, reloads, new views."""

from chatproof.protocol import client_limits
from chatproof.protocol.client import State
from chatproof.protocol.facts import Announced, HeadKnown, RepairAsked, ResumeAsked, ResumeDecided, Seen, WentLive
from chatproof.protocol.frames import ME, Cursor, Event, Gap, HistoryOk, Live, Request, Sub, SubOk
from tests.protocol.peer import MS, Peer, S, error, message, ok, push


def resumed(peer: Peer) -> dict[str, Request]:
    """A new link, greeted: the subscriptions asked for, by stream."""
    return {request.sub.stream: request for request in peer.greet() if request.sub is not None}


def test_a_stream_is_resumed_from_what_is_there_without_a_hole() -> None:
    """The cursor is the contiguous seq, however much lies beyond it."""
    peer = Peer("c1")
    peer.go_live()
    peer.say(push("ev", message(2)), push("ev", message(5)))
    peer.down()
    assert Sub("c1", Cursor(1, 2)) == resumed(peer)["c1"].sub
    assert ResumeAsked("c1", 1, 2) in peer.facts


def test_what_a_resume_brings_is_shown_once_and_told_as_such() -> None:
    """A replayed item that was there is not shown again; after `live`, items are live."""
    peer = Peer("c1")
    peer.go_live()
    peer.say(push("ev", message(3)))
    peer.down()
    c1 = resumed(peer)["c1"]
    facts = peer.say(ok(c1, SubOk("c1", True, Cursor(1, 3))), push("ev", message(2)), push("ev", message(3)))
    assert [HeadKnown("c1", 1, 3, "resume"), ResumeDecided("c1", "recovered", "", 3)] == facts[:2]
    assert [("resume", True), ("resume", False)] == [(f.via, f.shown) for f in facts if isinstance(f, Seen)]
    assert WentLive("c1", 3) in peer.say(push("live", Live("c1", Cursor(1, 3))))
    [seen] = peer.say(push("ev", message(4)))
    assert Seen(message(4), 0, 4, "live", True) == seen


def test_a_link_that_goes_before_live_aborts_the_resume() -> None:
    """And the next link starts from what had come."""
    peer = Peer("c1")
    peer.go_live()
    peer.down()
    c1 = resumed(peer)["c1"]
    peer.say(ok(c1, SubOk("c1", True, Cursor(1, 3))), push("ev", message(2)))
    assert ResumeDecided("c1", "aborted", "the link was lost", 3) in peer.down()
    assert Sub("c1", Cursor(1, 2)) == resumed(peer)["c1"].sub


def test_a_first_subscription_is_no_resume() -> None:
    """It starts at the head; there is nothing that could be missing."""
    peer = Peer("c1")
    peer.go_live(c1=40)
    assert Cursor(1, 40) == peer.client.position("c1")
    assert [] == [fact for fact in peer.facts if isinstance(fact, ResumeAsked | ResumeDecided)]


def test_a_refused_resume_is_reloaded_by_history_in_a_new_view() -> None:
    """The server says that it did not recover; what is missing is read, shown, and reported as repair."""
    peer = Peer("c1")
    peer.go_live()
    peer.down()
    c1 = resumed(peer)["c1"]
    facts = peer.say(ok(c1, SubOk("c1", False, Cursor(1, 3), "too far")), push("live", Live("c1", Cursor(1, 3))))
    assert ResumeDecided("c1", "refused", "too far", 3) in facts
    assert RepairAsked(-1, "c1", 1, 2) in peer.wait(client_limits.REPAIR_GRACE_NS)
    [read] = peer.take("history")
    facts = peer.say(ok(read, HistoryOk("c1", (message(2), message(3)), Cursor(1, 3), Cursor(1, 3), True)))
    assert [(1, "repair", True)] * 2 == [(f.view, f.via, f.shown) for f in facts if isinstance(f, Seen)]
    assert Cursor(1, 3) == peer.client.position("c1")


def test_a_new_epoch_is_reloaded_from_the_start() -> None:
    """The old cursor means nothing: every seq of the new epoch is another event."""
    peer = Peer("c1")
    peer.go_live(c1=2)
    facts = peer.say(push("ev", message(2, epoch=2)))
    assert [Seen(message(2, epoch=2), 1, 4, "live", True)] == facts
    assert RepairAsked(-1, "c1", 0, 1) in peer.wait(client_limits.REPAIR_GRACE_NS)
    [read] = peer.take("history")
    assert read.history is not None
    assert Cursor(2, 0) == read.history.cursor


def test_a_hidden_gap_is_passed_and_a_slow_consumers_gap_is_read() -> None:
    """What a reader may not see does not come back; what it was too slow for can be read."""
    peer = Peer("c1")
    peer.go_live()
    assert [Announced("gap", "c1", 2, 4, "hidden")] == peer.say(push("gap", Gap("c1", 2, 4, "hidden")))
    assert Cursor(1, 4) == peer.client.position("c1")
    peer.say(push("gap", Gap("c1", 5, 6, "slow_consumer")))
    assert RepairAsked(-1, "c1", 4, 2) in peer.wait(client_limits.REPAIR_GRACE_NS)


def test_a_subscription_that_may_be_tried_again_is() -> None:
    """On the same link, after a while; the device is not live before."""
    peer = Peer("c1")
    me, c1 = peer.greet()
    peer.say(ok(me, SubOk(ME, True, Cursor(1, 0))), push("live", Live(ME, Cursor(1, 0))))
    peer.say(error(c1, "stale_node"))
    assert State.RESUMING is peer.client.state
    assert [] == peer.take()
    peer.wait(client_limits.SUBSCRIBE_RETRY_NS + 50 * MS)
    [again] = peer.take()
    assert Sub("c1") == again.sub


def test_who_joins_is_subscribed_at_last() -> None:
    """Refused as a stranger; the own stream tells of the join."""
    peer = Peer("c1")
    me, c1 = peer.greet()
    peer.say(ok(me, SubOk(ME, True, Cursor(1, 0))), push("live", Live(ME, Cursor(1, 0))))
    assert [ResumeDecided("c1", "refused", "not_member", 0)] == peer.say(error(c1, "not_member"))
    peer.say(push("ev", Event(ME, 1, 1, 1000, "joined", "u2", user="u1", conv="c1")))
    peer.wait(50 * MS)
    [again] = peer.take()
    assert Sub("c1") == again.sub


def test_a_hole_in_the_own_stream_is_resumed_not_read() -> None:
    """The own stream has no pages."""
    peer = Peer()
    peer.go_live()
    peer.say(push("ev", Event(ME, 1, 3, 1000, "joined", "u2", user="u1", conv="c9")))
    peer.wait(S)
    [again] = peer.take()
    assert Sub(ME, Cursor(1, 0)) == again.sub


def test_an_event_of_a_stream_that_nobody_follows_is_told_and_not_shown() -> None:
    """It is evidence all the same."""
    peer = Peer()
    peer.go_live()
    [seen] = peer.say(push("ev", message(1, conv="c7")))
    assert Seen(message(1, conv="c7"), 0, 3, "live", False) == seen
