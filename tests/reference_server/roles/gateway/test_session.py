"""The link as a state machine: hello first, one reply per request, nothing malformed passes, nothing hangs."""

import json

import pytest

from chatproof.protocol import limits
from chatproof.protocol.errors import CloseCode
from chatproof.reference_server.core.commands import Refused
from chatproof.reference_server.roles.gateway import bounds
from tests.reference_server.roles.gateway.bench import SECOND, Bench, Client


def errors(client: Client) -> list[str]:
    """Codes of the errors sent so far."""
    return [line["error"]["code"] for line in client.sent() if "error" in line]


def test_hello_opens_the_session(bench: Bench) -> None:
    """A good token is answered with who one is, where, and the head of the own stream."""
    client = Client(bench, "ann", "phone")
    client.hello(heartbeat_ms=1000)
    (line,) = client.sent()
    expected = {
        "session": "n1-1-1", "user": "ann", "device": "phone", "node": "n1", "incarnation": 1,
        "me": {"epoch": 1, "seq": 0}, "heartbeat_ms": 1000,
    }  # fmt: skip
    assert {"id": 1, "ok": expected} == line


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ä" * 50])
def test_a_bad_token_is_refused_and_the_link_closed(bench: Bench, token: str) -> None:
    """The error names the reason, then the link is closed with the code that tells the client not to come back."""
    client = Client(bench, "ann", "phone")
    client.ask(hello={"token": token})
    assert ["unauthorized"] == errors(client)
    assert CloseCode.UNAUTHORIZED == client.link.closed[0]  # type: ignore[index]


def test_a_token_ends_while_the_session_is_open(bench: Bench) -> None:
    """A session does not outlive its token."""
    client = Client(bench, "ann", "phone")
    client.ask(hello={"token": bench.token("ann", "phone", ttl_s=2), "heartbeat_ms": 60_000})
    bench.pass_time(3 * SECOND)
    assert CloseCode.UNAUTHORIZED == client.link.closed[0]  # type: ignore[index]


def test_another_command_before_hello_closes_the_link(bench: Bench) -> None:
    """The first command is hello."""
    client = Client(bench, "ann", "phone")
    client.ask(ping={})
    assert ["unauthorized"] == errors(client)
    assert CloseCode.HELLO_EXPECTED == client.link.closed[0]  # type: ignore[index]


def test_a_link_without_hello_is_closed(bench: Bench) -> None:
    """A silent newcomer is not kept."""
    client = Client(bench, "ann", "phone")
    bench.pass_time(bounds.HELLO_TIMEOUT_NS + SECOND)
    assert CloseCode.HELLO_EXPECTED == client.link.closed[0]  # type: ignore[index]
    assert 0 == bench.gateway.statistics()["sessions"]


def test_a_second_hello_is_an_error(bench: Bench) -> None:
    """One link, one identity."""
    client = bench.client("ann")
    client.hello()
    assert ["bad_request"] == errors(client)
    assert client.link.closed is None


def test_the_newer_session_of_a_device_replaces_the_older(bench: Bench) -> None:
    """A device that reconnects takes over from its half-open link, and stays online without a flicker."""
    bench.host.group("h", "ann", "bob")
    watcher = bench.client("bob")
    older = bench.client("ann")
    watcher.ask(presence={"watch": ["ann"]})
    watcher.sent()
    newer = bench.client("ann")
    bench.pass_time(SECOND)
    assert CloseCode.REPLACED == older.link.closed[0]  # type: ignore[index]
    assert newer.link.closed is None
    states = {item["state"] for line in watcher.sent() for item in line.get("presence", {}).get("users", [])}
    assert states <= {"online"}


def test_several_requests_share_a_frame(bench: Bench) -> None:
    """Each of the newline-separated objects gets its reply, in one frame."""
    client = bench.client("ann")
    client.raw(b'{"id":5,"ping":{}}\n{"id":6,"unsub":{"stream":"g"}}\n')
    assert 1 == len(client.link.frames)
    assert [5, 6] == [line["id"] for line in client.sent()]


@pytest.mark.parametrize(
    "frame", [b"", b"\n\n", b"x", b"[]", b"{}", b'{"id":0,"ping":{}}', b"[" * 20_000, b'{"id":1', b"\xff\xfe", b"null"]
)
def test_what_is_no_request_closes_the_link_or_is_nothing(bench: Bench, frame: bytes) -> None:
    """Without an id there is nobody to answer: the link is closed; an empty frame is nothing at all."""
    client = bench.client("ann")
    client.raw(frame)
    expected = CloseCode.BAD_FRAME if frame.strip() else None
    assert expected == (client.link.closed[0] if client.link.closed else None)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"dance": {}}, "bad_request"),
        ({}, "bad_request"),
        ({"ping": {}, "unsub": {"stream": "g"}}, "bad_request"),
        ({"send": {"conv": "g", "u": "short", "body": "x"}}, "bad_key"),
        ({"send": {"conv": "g", "u": "0" * 36, "body": "x"}}, "bad_key"),
        ({"send": {"conv": "no spaces", "u": "0" * 36, "body": "x"}}, "bad_request"),
        ({"send": {"conv": "me:bob", "u": "01890a5d-ac96-774b-bcce-b302099a8057", "body": "x"}}, "not_found"),
        ({"sub": {"stream": "me:bob"}}, "not_found"),
        ({"sub": {"stream": "nowhere"}}, "not_found"),
        ({"history": {"conv": "g", "limit": 0}}, "bad_request"),
        ({"history": {"conv": "g", "limit": limits.MAX_PAGE + 1}}, "bad_request"),
        ({"history": {"conv": "g", "cursor": {"epoch": 9, "seq": 1}}}, "bad_request"),
        ({"history": {"conv": "me"}}, "bad_request"),
    ],
)
def test_a_wrong_request_gets_an_error_of_the_table(bench: Bench, request_: dict[str, object], code: str) -> None:
    """It is answered under its id, and the session goes on."""
    client = bench.client("ann")
    client.ask(**request_)
    assert [code] == errors(client)
    assert client.link.closed is None
    assert 0 == client.session.pending


def test_a_body_above_the_limit_is_refused_before_the_append(bench: Bench) -> None:
    """The limit counts UTF-8 bytes: as many umlauts as bytes allowed are too many."""
    client = bench.client("ann")
    client.ask(send={"conv": "g", "u": bench.key(), "body": "ü" * limits.MAX_BODY_BYTES})
    assert ["too_large"] == errors(client)
    assert [] == bench.host.waiting


def test_too_many_requests_in_a_frame_close_the_link(bench: Bench) -> None:
    """The bound of a frame is enforced."""
    client = bench.client("ann")
    client.raw(b"\n".join(b'{"id":%d,"ping":{}}' % n for n in range(1, limits.MAX_REQUESTS_PER_FRAME + 2)))
    assert CloseCode.BAD_FRAME == client.link.closed[0]  # type: ignore[index]


def test_unanswered_requests_are_bounded(bench: Bench) -> None:
    """Above the bound a request is refused before the append, with a time to wait."""
    client = bench.client("ann")
    for _ in range(bounds.MAX_PENDING_REQUESTS):
        client.ask(send={"conv": "g", "u": bench.key(), "body": "x"})
    client.sent()
    client.ask(send={"conv": "g", "u": bench.key(), "body": "x"})
    (line,) = client.sent()
    assert ("overloaded", bounds.RETRY_AFTER_MS) == (line["error"]["code"], line["error"]["retry_after_ms"])
    assert bounds.MAX_PENDING_REQUESTS == len(bench.host.waiting)


def test_a_send_is_answered_when_the_host_says_so(bench: Bench) -> None:
    """No acknowledgement before the log has it; then exactly one."""
    client = bench.client("ann")
    request_id = client.ask(send={"conv": "g", "u": bench.key(), "body": "hi"})
    assert [] == client.sent()
    bench.host.commit()
    ok = {"conv": "g", "epoch": 1, "seq": 2, "msg_id": 2, "ts": 0}
    assert [{"id": request_id, "ok": ok}] == client.sent()


def test_a_refusal_of_the_host_reaches_the_client(bench: Bench) -> None:
    """Code, reason and what to do next are those of the table."""
    bench.host.refuse = Refused("overloaded", "The log is slow.")
    client = bench.client("ann")
    client.ask(send={"conv": "g", "u": bench.key(), "body": "hi"})
    (line,) = client.sent()
    assert {"code": "overloaded", "reason": "The log is slow.", "retry": "same_key"} == line["error"]


def test_an_answer_for_a_lost_link_goes_nowhere(bench: Bench) -> None:
    """A command outlives its link; its answer is dropped."""
    client = bench.client("ann")
    client.ask(send={"conv": "g", "u": bench.key(), "body": "hi"})
    client.session.lost()
    bench.host.commit()
    assert [] == client.sent()
    assert 2 == len(bench.host.streams["g"])


def test_a_silent_link_is_pinged_then_closed(bench: Bench) -> None:
    """Half the heartbeat without a byte: a ping; all of it: half-open, closed."""
    client = Client(bench, "ann", "phone")
    client.hello(heartbeat_ms=1000)
    bench.pass_time(SECOND * 8 // 10)
    assert (1, None) == (client.link.pings, client.link.closed)
    bench.pass_time(SECOND)
    assert CloseCode.HEARTBEAT == client.link.closed[0]  # type: ignore[index]


def test_a_node_that_stood_still_gives_its_links_another_chance(bench: Bench) -> None:
    """Nobody can be heard by a paused process: a link is silent only while the node listens."""
    client = Client(bench, "ann", "phone")
    client.hello(heartbeat_ms=1000)
    bench.pass_time(SECOND * 6 // 10)
    bench.clock.now_ns += 3 * SECOND
    bench.gateway.tick()
    assert client.link.closed is None
    bench.pass_time(SECOND // 2)
    assert CloseCode.HEARTBEAT == client.link.closed[0]  # type: ignore[index]


def test_a_node_that_stood_still_hears_at_once_who_is_there(bench: Bench) -> None:
    """What came in before the look that comes late counts from then on, and not from the future."""
    client = Client(bench, "ann", "phone")
    client.hello(heartbeat_ms=1000)
    bench.clock.now_ns += 3 * SECOND
    client.ask(ping={})
    bench.gateway.tick()
    bench.pass_time(SECOND * 13 // 10)
    assert CloseCode.HEARTBEAT == client.link.closed[0]  # type: ignore[index]


def test_a_pong_keeps_the_link(bench: Bench) -> None:
    """Any byte counts as a sign of life."""
    client = Client(bench, "ann", "phone")
    client.hello(heartbeat_ms=1000)
    for _ in range(5):
        bench.pass_time(SECOND * 8 // 10)
        client.session.heard(bench.clock.now_ns)
    assert client.link.closed is None


def test_what_one_batch_holds_for_a_connection_is_one_frame(bench: Bench) -> None:
    """Events and the acknowledgements of the same commit share a write."""
    ann, bob = bench.client("ann"), bench.client("bob")
    for client in (ann, bob):
        client.ask(sub={"stream": "g"})
        client.sent()
    for _ in range(3):
        ann.ask(send={"conv": "g", "u": bench.key(), "body": "x"})
    bench.host.commit()
    assert (1, 1) == (len(ann.link.frames), len(bob.link.frames))
    assert ["ev", "ev", "ev", "id", "id", "id"] == [next(iter(line)) for line in ann.sent()]
    assert [2, 3, 4] == bob.seqs()


def test_a_large_batch_is_split_at_the_frame_limit(bench: Bench) -> None:
    """No frame is above the limit, and nothing is cut or lost."""
    ann = bench.client("ann")
    ann.ask(sub={"stream": "g"})
    ann.sent()
    for _ in range(40):
        ann.ask(send={"conv": "g", "u": bench.key(), "body": "x" * limits.MAX_BODY_BYTES})
    bench.host.commit()
    assert limits.MAX_FRAME_BYTES >= max(map(len, ann.link.frames))
    assert list(range(2, 42)) == ann.seqs()


def test_a_full_gateway_says_so() -> None:
    """The number of links is bounded."""
    bench = Bench(max_sessions=1)
    assert bench.gateway.has_room()
    bench.client("ann")
    assert not bench.gateway.has_room()


def test_a_draining_node_refuses_commands(bench: Bench) -> None:
    """Known sessions are told, every later command and hello is refused by name."""
    client = bench.client("ann")
    newcomer = Client(bench, "bob", "phone")
    draining = bench.gateway.drain()
    with pytest.raises(StopIteration):
        draining.send(None)
    assert {"drain": {"reconnect_within_ms": bounds.DRAIN_NS // 1_000_000}} == client.sent()[0]
    assert CloseCode.DRAIN == client.link.closed[0]  # type: ignore[index]
    assert CloseCode.DRAIN == newcomer.link.closed[0]  # type: ignore[index]


def test_the_goodbye_names_the_code(bench: Bench) -> None:
    """A client that only reads messages still learns why."""
    client = bench.client("ann")
    client.raw(b"nonsense")
    last = json.loads(client.link.frames[-1].split(b"\n")[-1])
    assert CloseCode.BAD_FRAME == last["bye"]["code"]


def test_only_hello_keeps_a_new_link(bench: Bench) -> None:
    """Pings without hello hold a place for nobody."""
    client = Client(bench, "ann", "phone")
    for _ in range(6):
        bench.pass_time(SECOND)
        client.session.heard(bench.clock.now_ns)
    assert CloseCode.HELLO_EXPECTED == client.link.closed[0]  # type: ignore[index]
