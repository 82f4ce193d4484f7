"""The witness: every arrival is recorded as it came, and what the plane waits for is handed on."""

from typing import Any

from chatproof.drivers.interface import (
    Arrived,
    CaughtUp,
    HeadSeen,
    MarkerSeen,
    Noticed,
    Operation,
    PresenceSeen,
    ResumeAnswered,
    ResumeStarted,
    Settled,
)
from chatproof.loadtests.plane.witness import KICKED, SHOWN
from chatproof.loadtests.receipts import Due
from chatproof.protocol.bodies import body_hash, body_of
from tests.loadtests.bench import CONVS, DEV, SEED, Bench

OTHER_OP = 9 << 32 | 4
BODY = body_of(SEED, OTHER_OP)


def message(**changes: Any) -> Arrived:
    """A message of another device in conversation 5, shown live at seq 4."""
    fields = {
        "scope": "conv", "conv": 5, "view": 0, "frame": 8, "epoch": 1, "seq": 4, "msg_id": 4, "event": "message",
        "by": 2, "user": -1, "u": "key", "body": BODY, "via": "live", "shown": True, "server_ts_ns": 77,
    }
    return Arrived(**{**fields, **changes})  # type: ignore[arg-type]


def see(*observations: Any, now_ns: int = 100) -> Bench:
    """A connected device that sees this."""
    bench = Bench()
    bench.connect()
    bench.witness.main_ns, bench.witness.intended_ns = 10, {OTHER_OP: 40}
    bench.witness(bench.device, observations, now_ns)
    return bench


def test_an_arrival_is_recorded_raw_with_its_operation_and_the_check_of_its_body() -> None:
    """The operation comes from the body, not from what the server says of it."""
    (row,) = see(message()).writer.of("deliveries")
    assert (OTHER_OP, body_hash(BODY), True, 4, "live", True, 77) == tuple(
        row[c] for c in ("op", "body_hash", "content_ok", "seq", "via", "shown", "server_ts_ns")
    )


def test_an_altered_body_is_recorded_as_wrong() -> None:
    """With the hash of what came."""
    (row,) = see(message(body=BODY + "!")).writer.of("deliveries")
    assert (False, body_hash(BODY + "!")) == (row["content_ok"], row["body_hash"])


def test_a_hidden_repeat_is_recorded_and_nothing_more() -> None:
    """The timeline did not show it: no receipt, no latency."""
    bench = see(message(shown=False))
    assert 1 == len(bench.writer.of("deliveries"))
    assert 0 == bench.witness.deliveries.count
    assert [] == bench.device.receipts.due(100)


def test_what_is_shown_is_read_and_its_latency_counts_from_the_intended_time() -> None:
    """Main began at 10, it was meant at 40, it is shown at 100."""
    bench = see(message(), now_ns=5_000_050)
    assert [Due(5, "read", 4)] == bench.device.receipts.due(100)
    assert {5: 1} == bench.witness.deliveries.snapshot().counts  # type: ignore[union-attr]
    assert {5: 4} == bench.witness.top_seq


def test_every_raw_arrival_counts() -> None:
    """Repeats and changes of members too: the history has a row for each."""
    assert 3 == see(message(), message(shown=False), message(event="join", user=4, body="")).witness.arrivals


def test_a_watcher_that_hears_of_a_change_is_a_sample_of_presence() -> None:
    """From the beginning of the change; what a snapshot says at first is no news, and each change is news once."""
    online, offline = (PresenceSeen(1, state, 1, 1, "push") for state in ("online", "offline"))  # type: ignore[arg-type]
    bench = see(online._replace(source="snapshot"))
    assert 0 == bench.witness.tidings.count
    bench.truth.lost(DEV, 1, "abort", returns=False, now_ns=400)
    bench.witness(bench.device, [offline, online, offline], 900_000_400)
    assert {900: 1} == bench.witness.tidings.snapshot().counts  # type: ignore[union-attr]


def test_a_change_of_a_user_of_another_plane_is_no_sample() -> None:
    """When it began is not known here."""
    online = PresenceSeen(77, "online", 1, 1, "snapshot")
    bench = see(online, online._replace(state="offline", source="push"))
    assert 0 == bench.witness.tidings.count


def test_a_session_that_began_behind_is_a_sample_once_all_its_streams_are_live() -> None:
    """From hello to the last stream that had missed something; one that had missed nothing does not count."""
    bench = see(*(ResumeStarted(conv, 3, 1, 3) for conv in CONVS))
    assert bench.device.link is not None
    bench.device.link.hello_ok_ns = 1_000_010
    for conv, head, now_ns in ((CONVS[0], 5, 41_000_010), (CONVS[1], 3, 91_000_010)):
        live = (ResumeAnswered(conv, "recovered", "", head), CaughtUp(conv, head))
        bench.witness(bench.device, live, now_ns)
    assert {40: 1} == bench.witness.returns.snapshot().counts  # type: ignore[union-attr]


def test_the_owner_is_told_once_it_shows_the_message_that_it_waits_for() -> None:
    """So a kick never overtakes the send that it is to follow."""
    bench, heard = Bench(), list[int]()
    bench.connect()
    bench.moments.expect((SHOWN, DEV, OTHER_OP))
    bench.moments.when((SHOWN, DEV, OTHER_OP), heard.append, 0)
    bench.witness(bench.device, [message()], 100)
    assert [100] == heard


def test_a_kicked_user_is_told_and_its_subscription_ends() -> None:
    """And begins again with the return."""
    bench, heard = see(HeadSeen(5, 1, 3, "resume")), list[int]()
    bench.moments.expect((KICKED, DEV, 5))
    bench.moments.when((KICKED, DEV, 5), heard.append, 0)
    bench.witness(bench.device, [message(event="kick", user=1, body="", seq=5)], 110)
    assert [110] == heard
    assert [110] == [row["to_ns"] for row in bench.writer.of("subscriptions.end")]
    bench.witness(bench.device, [message(event="join", user=1, body="", seq=6)], 120)
    assert [100, 120] == [row["from_ns"] for row in bench.writer.of("subscriptions.begin")]


def test_the_kick_of_somebody_else_is_only_recorded() -> None:
    """Our subscription goes on."""
    bench = see(HeadSeen(5, 1, 3, "resume"), message(event="kick", user=2, body="", seq=5))
    assert [] == bench.writer.of("subscriptions.end")
    assert ["kick"] == [row["event"] for row in bench.writer.of("deliveries")]


def test_heads_markers_presence_and_notices_are_recorded() -> None:
    """Each in its table, with device and session."""
    bench = see(
        HeadSeen(5, 1, 9, "pong"), MarkerSeen(5, 2, 4, 3, "push"), PresenceSeen(2, "offline", 1, 6, "push"),
        Noticed("gap", 5, 2, 3, "hidden"), Noticed("drain", -1, 0, 0, ""),
    )
    assert [(5, 9, "pong")] == [(r["conv"], r["head_seq"], r["source"]) for r in bench.writer.of("heads")]
    assert [(2, 4, 3)] == [(r["user"], r["delivered_seq"], r["read_seq"]) for r in bench.writer.of("receipts")]
    assert [(2, "offline", 6)] == [(r["subject"], r["state"], r["ver"]) for r in bench.writer.of("presence_seen")]
    assert [("gap", 5, 2, 3), ("drain", None, None, None)] == [
        (r["kind"], r["conv"], r["from_seq"], r["to_seq"]) for r in bench.writer.of("notices")
    ]


def test_an_arrival_settles_an_unknown_operation_as_sighted() -> None:
    """Its ack was lost, its effect was not."""
    bench = Bench()
    bench.connect()
    op = DEV << 32 | 1
    body = body_of(SEED, op)
    bench.device.start(
        Operation(op, "send", 5, "key", body), expect="ok", intended_ns=5, give_up_ns=9, phase="main"
    )
    bench.witness(bench.device, [Settled(op, "unknown", "gave_up", "none", 0, 0, 0), message(body=body)], 100)
    assert 0 == bench.ledger.conclude(200)
