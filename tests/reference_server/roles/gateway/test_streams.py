"""Following and reading streams: what may be seen, from where, and how far."""

import pytest

from chatproof.protocol import limits
from chatproof.reference_server.core.commands import ChangeMembership
from chatproof.reference_server.roles.gateway import bounds
from tests.reference_server.roles.gateway.bench import SECOND, Bench, Client


def code(client: Client) -> str:
    """The code of the one error sent."""
    (error,) = [line["error"]["code"] for line in client.sent() if "error" in line]
    return str(error)


def change(bench: Bench, by: str, what: str, target: str) -> None:
    """Commit a membership change of `g`."""
    bench.host.submit(ChangeMembership("g", by, target, bench.key(), what), lambda answer: None)  # type: ignore[arg-type]
    bench.host.commit()


def test_a_subscription_without_cursor_starts_at_the_head(bench: Bench) -> None:
    """The reply names the head, `live` follows with everybody's markers, then events come."""
    ann, bob = bench.client("ann"), bench.client("bob")
    ann.ask(sub={"stream": "g"})
    ok, live = ann.sent()
    assert {"stream": "g", "recovered": True, "head": {"epoch": 1, "seq": 1}} == ok["ok"]
    assert {"epoch": 1, "seq": 1} == live["live"]["cursor"]
    assert ["ann", "bob", "cleo"] == [marker["user"] for marker in live["live"]["markers"]]
    bench.say(bob, "g")
    assert [2] == ann.seqs()


def test_a_stranger_may_not_follow(bench: Bench) -> None:
    """Not a member now or ever: refused."""
    client = bench.client("eve")
    client.ask(sub={"stream": "g"})
    assert "not_member" == code(client)


def test_a_stale_node_decides_nothing_negative(bench: Bench) -> None:
    """Perhaps one is a member, and this node has not heard of it yet."""
    bench.host.ready = False
    client = bench.client("eve")
    for stream in ("g", "elsewhere"):
        client.ask(sub={"stream": stream})
        assert "stale_node" == code(client)


def test_the_number_of_subscriptions_is_bounded(bench: Bench) -> None:
    """One more stream than the limit is refused; asking again for a known one is not."""
    client = bench.client("ann")
    for number in range(limits.MAX_SUBSCRIPTIONS):
        bench.host.group(f"s{number}", "ann")
        client.ask(sub={"stream": f"s{number}"})
    client.sent()
    client.ask(sub={"stream": "g"})
    assert "too_many" == code(client)
    client.ask(sub={"stream": "s1"})
    assert client.sent()[0]["ok"]["recovered"]


def test_a_resume_replays_in_order_then_goes_live(bench: Bench) -> None:
    """The reply with the frontier comes first, then every later event, then `live`."""
    bob = bench.client("bob")
    for _ in range(4):
        bench.say(bob, "g")
    ann = bench.client("ann")
    ann.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 2}})
    bench.reader.answer_all()
    lines = ann.sent()
    assert {"epoch": 1, "seq": 5} == lines[0]["ok"]["head"]
    assert [3, 4, 5] == [line["ev"]["seq"] for line in lines[1:-1]]
    assert {"epoch": 1, "seq": 5} == lines[-1]["live"]["cursor"]


def test_a_resume_at_the_head_reads_nothing(bench: Bench) -> None:
    """There is nothing to replay: live at once, markers and all."""
    ann = bench.client("ann")
    ann.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 1}})
    assert [] == bench.reader.asked
    assert ["id", "live"] == [next(iter(line)) for line in ann.sent()]


@pytest.mark.parametrize(
    ("epoch", "seq", "reason"),
    [(2, 1, "The cursor is of another epoch."), (1, 9, "The cursor is ahead of the head.")],
)
def test_a_cursor_that_does_not_fit_is_not_recovered(bench: Bench, epoch: int, seq: int, reason: str) -> None:
    """The client is told why and follows from the head; the rest is its reload."""
    ann, bob = bench.client("ann"), bench.client("bob")
    ann.ask(sub={"stream": "g", "cursor": {"epoch": epoch, "seq": seq}})
    ok = ann.sent()[0]["ok"]
    assert (False, reason) == (ok["recovered"], ok["reason"])
    bench.say(bob, "g")
    assert [2] == ann.seqs()


def test_a_cursor_too_far_behind_is_not_recovered(bench: Bench) -> None:
    """Above the bound a replay costs more than a reload."""
    for _ in range(limits.MAX_RESUME_EVENTS + 1):
        bench.host.append("g", "message", "bob")
    ann = bench.client("ann")
    ann.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 0}})
    assert not ann.sent()[0]["ok"]["recovered"]
    ann.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 2}})
    assert ann.sent()[0]["ok"]["recovered"]


def test_a_kicked_member_gets_the_kick_and_nothing_later(bench: Bench) -> None:
    """The live socket stops at the own kick; heads and receipts stop with it."""
    ann, bob = bench.client("ann"), bench.client("bob")
    bob.ask(sub={"stream": "g"})
    bob.sent()
    change(bench, "ann", "kick", "bob")
    bench.say(ann, "g")
    ann.ask(receipt={"conv": "g", "read": 3})
    bench.host.commit()
    bench.pass_time(6 * SECOND)
    kick = bob.sent()
    assert ["kick"] == [line["ev"]["kind"] for line in kick if "ev" in line]
    assert [] == [line for line in kick if "receipt" in line]
    assert [2] == [head["seq"] for line in kick for head in line.get("heads", {}).get("heads", [])] or not any(
        "heads" in line for line in kick
    )


def test_who_left_keeps_what_was_visible(bench: Bench) -> None:
    """Resume and history end at the own leave, and the head said is no later."""
    ann, bob = bench.client("ann"), bench.client("bob")
    bench.say(ann, "g")
    change(bench, "bob", "leave", "bob")
    bench.say(ann, "g")
    bob.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 1}})
    bob.ask(history={"conv": "g"})
    bench.reader.answer_all()
    lines = bob.sent()
    assert 3 == lines[0]["ok"]["head"]["seq"]
    assert [2, 3] == [line["ev"]["seq"] for line in lines if "ev" in line]
    page = next(line["ok"] for line in lines if "events" in line.get("ok", {}))
    assert ([1, 2, 3], 3, True) == ([e["seq"] for e in page["events"]], page["head"]["seq"], page["complete"])
    assert [] == page.get("markers", [])


def test_who_comes_back_is_told_of_the_hidden_part(bench: Bench) -> None:
    """Between leave and rejoin lies a gap with its reason, so that contiguity stays arithmetic."""
    ann, bob = bench.client("ann"), bench.client("bob")
    bob.ask(sub={"stream": "g"})
    change(bench, "ann", "kick", "bob")
    bench.say(ann, "g")
    bench.say(ann, "g")
    change(bench, "ann", "join", "bob")
    lines = [line for line in bob.sent() if "ev" in line or "gap" in line]
    assert {"stream": "g", "from_seq": 3, "to_seq": 4, "reason": "hidden"} == lines[1]["gap"]
    assert [2, 5] == [line["ev"]["seq"] for line in lines if "ev" in line]


def test_unsub_ends_the_stream(bench: Bench) -> None:
    """Nothing follows, not even what a running resume had asked for."""
    ann, bob = bench.client("ann"), bench.client("bob")
    bench.say(bob, "g")
    ann.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 0}})
    ann.ask(unsub={"stream": "g"})
    bench.reader.answer_all()
    bench.say(bob, "g")
    assert [] == ann.seqs()


def test_the_own_stream_is_followed_as_me(bench: Bench) -> None:
    """`me` is the caller's stream and nobody else's."""
    bench.host.of["me:ann"] = ("ann",)
    bench.host.append("me:ann", "joined", "ann", conv="g")
    ann = bench.client("ann")
    ann.ask(sub={"stream": "me", "cursor": {"epoch": 1, "seq": 0}})
    bench.reader.answer_all()
    assert "joined" == next(line["ev"]["kind"] for line in ann.sent() if "ev" in line)


@pytest.mark.parametrize(("direction", "expected"), [("forward", [1, 2]), ("backward", [4, 5])])
def test_history_is_read_page_by_page(bench: Bench, direction: str, expected: list[int]) -> None:
    """Oldest first in the page, from the end that the direction names."""
    bob = bench.client("bob")
    for _ in range(4):
        bench.say(bob, "g")
    bob.sent()
    bob.ask(history={"conv": "g", "limit": 2, "dir": direction})
    bench.reader.answer_all()
    page = bob.sent()[0]["ok"]
    assert (expected, False) == ([event["seq"] for event in page["events"]], page["complete"])
    bob.ask(history={"conv": "g", "limit": 9, "dir": direction, "cursor": page["next"]})
    bench.reader.answer_all()
    page = bob.sent()[0]["ok"]
    assert (3, True) == (len(page["events"]), page["complete"])


def test_a_read_waits_for_its_position(bench: Bench) -> None:
    """A position that is not visible yet is waited for, and the page has it."""
    bob = bench.client("bob")
    bob.ask(history={"conv": "g", "min_seq": 2})
    assert [] == bob.sent()
    bench.say(bob, "g")
    bench.reader.answer_all()
    pages = [line["ok"]["events"] for line in bob.sent() if "events" in line.get("ok", {})]
    assert [1, 2] == [event["seq"] for event in pages[0]]


def test_a_position_that_does_not_come_is_refused(bench: Bench) -> None:
    """The wait is bounded, and the answer has a name."""
    bob = bench.client("bob")
    bob.ask(history={"conv": "g", "min_seq": 9})
    bench.pass_time(bounds.MAX_POSITION_WAIT_NS + SECOND)
    assert "not_yet_visible" == code(bob)


def test_heads_make_a_lost_tail_visible(bench: Bench) -> None:
    """Every pong, and a push within five seconds, names the heads that changed since."""
    ann, bob = bench.client("ann"), bench.client("bob")
    ann.ask(sub={"stream": "g"})
    bench.say(bob, "g")
    ann.sent()
    ann.ask(ping={})
    head = {"stream": "g", "epoch": 1, "seq": 2}
    assert {"heads": [head], "as_of": 7} == ann.sent()[0]["ok"]
    ann.ask(ping={})
    assert [] == ann.sent()[0]["ok"]["heads"]
    bench.say(bob, "g")
    ann.sent()
    bench.pass_time(limits.HEADS_INTERVAL_NS)
    assert [{"heads": {"heads": [{**head, "seq": 3}]}}] == ann.sent()
