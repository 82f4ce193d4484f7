"""A consumer that does not keep up: degraded by announced steps, told what it missed, then closed."""

from chatproof.protocol.errors import CloseCode
from chatproof.reference_server.roles.gateway import bounds
from tests.reference_server.roles.gateway.bench import SECOND, Bench, Client


def followers(bench: Bench) -> tuple[Client, Client]:
    """ann and bob, both live in `g`, bob paused."""
    ann, bob = bench.client("ann"), bench.client("bob")
    for client in (ann, bob):
        client.ask(sub={"stream": "g"})
    bob.ask(presence={"watch": ["ann"]})
    bob.session.writing_paused(bench.clock.now_ns)
    bob.session.flush()
    return ann, bob


def test_the_first_step_is_announced(bench: Bench) -> None:
    """Presence and receipts go first, and the client knows."""
    _, bob = followers(bench)
    assert {"limits": {"presence": "off", "receipts": "counts"}} == bob.sent()[-1]


def test_a_paused_link_still_gets_messages_but_no_receipts(bench: Bench) -> None:
    """Messages are the last to be sacrificed; receipts come as they are then, once the link reads again."""
    ann, bob = followers(bench)
    bob.sent()
    bench.say(ann, "g")
    for seq in (1, 2):
        ann.ask(receipt={"conv": "g", "read": seq})
        bench.host.commit()
        bench.pass_time(SECOND)
    assert ["ev"] == [next(iter(line)) for line in bob.sent() if "heads" not in line]
    bob.session.writing_resumed()
    lines = bob.sent()
    assert {"limits": {"presence": "all", "receipts": "all"}} == lines[0]
    markers = next(line["receipt"]["markers"] for line in lines if "receipt" in line)
    assert {"user": "ann", "delivered": 2, "read": 2} in markers


def test_presence_waits_for_the_link(bench: Bench) -> None:
    """A change while paused is told afterwards, as it is then."""
    ann, bob = followers(bench)
    bob.sent()
    ann.session.lost()
    bench.pass_time(SECOND)
    assert [] == [line for line in bob.sent() if "presence" in line]
    bob.session.writing_resumed()
    bench.pass_time(SECOND)
    assert ["offline"] == [line["presence"]["users"][0]["state"] for line in bob.sent() if "presence" in line]


def test_a_choked_link_is_told_what_it_missed(bench: Bench) -> None:
    """Above the second bound events are skipped; the gap names them and heads say where the streams are."""
    ann, bob = followers(bench)
    bob.link.backlog = bounds.CHOKE_BYTES + 1
    bench.say(ann, "g")
    bob.sent()
    bench.say(ann, "g")
    bench.say(ann, "g")
    assert [] == bob.seqs()
    bob.link.backlog = 0
    bob.session.writing_resumed()
    lines = bob.sent()
    gap = {"stream": "g", "from_seq": 3, "to_seq": 4, "reason": "slow_consumer"}
    assert [gap] == [line["gap"] for line in lines if "gap" in line]
    assert 4 == next(line["heads"]["heads"][0]["seq"] for line in lines if "heads" in line)
    bench.say(ann, "g")
    assert [5] == bob.seqs()


def test_a_hopeless_link_is_closed(bench: Bench) -> None:
    """Above the last bound the session ends with its own code."""
    ann, bob = followers(bench)
    bob.link.backlog = bounds.CLOSE_BYTES + 1
    bench.say(ann, "g")
    assert CloseCode.SLOW_CONSUMER == bob.link.closed[0]  # type: ignore[index]


def test_a_link_that_stays_paused_is_closed(bench: Bench) -> None:
    """Even below the bound: it neither reads nor goes away."""
    _, bob = followers(bench)
    bob.session.heartbeat_ns = 60 * SECOND
    bench.pass_time(bounds.MAX_PAUSED_NS + SECOND)
    assert CloseCode.SLOW_CONSUMER == bob.link.closed[0]  # type: ignore[index]


def test_a_node_that_stood_still_gives_a_paused_link_its_time(bench: Bench) -> None:
    """It could not write either: the bound is on time in which the link might have read."""
    _, bob = followers(bench)
    bob.session.heartbeat_ns = 60 * SECOND
    bench.pass_time(bounds.MAX_PAUSED_NS // 2)
    bench.clock.now_ns += bounds.MAX_PAUSED_NS
    bench.gateway.tick()
    assert bob.link.closed is None
    bench.pass_time(bounds.MAX_PAUSED_NS // 2 + SECOND)
    assert CloseCode.SLOW_CONSUMER == bob.link.closed[0]  # type: ignore[index]


def test_neighbours_do_not_notice(bench: Bench) -> None:
    """A slow consumer blocks nobody's conversation."""
    ann, bob = followers(bench)
    cleo = bench.client("cleo")
    cleo.ask(sub={"stream": "g"})
    cleo.sent()
    bob.link.backlog = bounds.CHOKE_BYTES + 1
    for _ in range(5):
        bench.say(ann, "g")
    assert [2, 3, 4, 5, 6] == cleo.seqs()
