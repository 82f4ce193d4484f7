"""SLOs: what is a sample, what is left out, and when there is enough to conclude."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.objectives import Objective, Sample, objective_of
from chatproof.checkers.results import SloResult
from chatproof.checkers.samples import Samples
from chatproof.checkers.slos import evaluate_slos, judge_samples
from chatproof.dashboards.openslo import load_slos
from tests.checkers.model import build

S, MS = 1_000_000_000, 1_000_000
DOCUMENTS = {document["metadata"]["name"]: document for document in load_slos()}
Row = dict[str, Any]


def lenient(name: str) -> dict[str, Any]:
    """The SLO with no minimum, so that a few rows show what is a sample."""
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(DOCUMENTS[name]))
    document["metadata"]["annotations"] = {}
    return document


def evaluate(name: str, tables: dict[str, list[Row]], bad: tuple[int, ...] = ()) -> SloResult:
    """The result of one SLO without minimums on a world with changed tables."""
    run = RunDocument(
        run_id="r", seed=1, scenario="s", replay="", target="t", driver="d", engine="e",
        claims={"echo": "other_devices"}, bounds={}, required=(), slos_required=True, slos=(lenient(name),),
    )
    with History.of(run, {**world(), **tables}) as history, relations(history):
        (result,) = evaluate_slos(history, bad)
    return result


def world() -> dict[str, list[Row]]:
    """Two users on links of their own, both live in conversation 1 from 1 s on; main after warm-up from 5 s to 30 s."""
    users = (1, 2)
    return {
        "phases": [{"phase": "warm_up", "start_ns": 2 * S, "end_ns": 5 * S},
                   {"phase": "main", "start_ns": 2 * S, "end_ns": 30 * S}],
        "devices": [{"dev": user, "user": user, "workspace": 0, "worker": 0, "link": f"link-{user}",
                     "persona": "chatty", "plane": "load"} for user in users],
        "memberships": [{"conv": 1, "user": user, "change": "initial", "op": 0, "role": "member", "invoke_ns": 0}
                        for user in users],
        "connections": [session(user, user, S) for user in users],
        "subscriptions": [subscription(user, user, S) for user in users],
        "operations": [], "attempts": [], "deliveries": [], "faults": [],
        "resumes": [], "presence_truth": [], "presence_seen": [],
    }


def session(number: int, dev: int, hello_ns: int, **end: Any) -> Row:
    """A session of a device, open until the end unless told otherwise."""
    return {"session": number, "dev": dev, "link": f"link-{dev}", "connect_ns": hello_ns, "hello_ok_ns": hello_ns,
            **end}


def subscription(number: int, dev: int, from_ns: int, to_ns: int | None = None) -> Row:
    """A device follows conversation 1 in a session."""
    return {"dev": dev, "session": number, "conv": 1, "from_ns": from_ns, "from_rec": 10_000 + number, "level": "live",
            "to_ns": to_ns}


def send(op: int, due_ns: int, acked_ns: int | None, **values: Any) -> dict[str, list[Row]]:
    """A send of device 1 to conversation 1, due at an instant and acknowledged at another, or not."""
    done: Row = {} if acked_ns is None else {
        "done_ns": acked_ns, "outcome": "ok", "resolved_by": "ack", "ack_epoch": 1, "ack_seq": op, "ack_msg_id": op,
    }
    operation = {"op": op, "dev": 1, "conv": 1, "kind": "send", "u": f"u{op}", "expect": "ok", "intended_ns": due_ns,
                 "invoke_ns": due_ns, "phase": "main", "rec_invoke": 20_000 + op, **done, **values}
    return {"operations": [operation]}


def shown(op: int, t_ns: int, **values: Any) -> Row:
    """Device 2 shows the message of an operation."""
    return {"t_ns": t_ns, "dev": 2, "session": 2, "scope": "conv", "view": 0, "frame": op, "conv": 1, "epoch": 1,
            "seq": op, "msg_id": op, "event": "message", "op": op, "via": "live", "shown": True, **values}


def fault(kind: str, target: str, from_ns: int, to_ns: int) -> dict[str, list[Row]]:
    """One fault on a link or process."""
    row = {"fault": 1, "kind": kind, "target_kind": "process" if kind == "kill" else "link", "target": target,
           "params": "{}", "start_req_ns": from_ns, "start_confirmed_ns": from_ns, "effect_seen_ns": from_ns,
           "stop_req_ns": to_ns, "stop_confirmed_ns": to_ns}
    return {"faults": [row]}


# --- send ack ---


def test_latency_runs_from_the_intended_instant() -> None:
    """A send that was due at 10 s and acknowledged 80 ms later took 80 ms."""
    result = evaluate("send-ack", send(1, 10 * S, 10 * S + 80 * MS))
    assert (80.0, 1) == (result.value, result.samples)


def test_a_send_that_is_never_acknowledged_took_forever() -> None:
    """Unknown and unexpectedly refused sends count as infinite, so that an outage cannot improve the percentile."""
    for outcome in ("unknown", "fail"):
        result = evaluate("send-ack", send(1, 10 * S, None, outcome=outcome, done_ns=11 * S))
        assert ("missed", None, 1) == (result.result, result.value, result.samples)


@pytest.mark.parametrize(
    "tables",
    [
        send(1, 10 * S, None, expect="refuse", outcome="fail"),
        send(1, 4 * S, 4 * S + MS),
        send(1, 12 * S, 12 * S + MS),
        send(1, 10 * S, 11 * S) | fault("partition", "link-1", 9 * S, 10 * S + MS),
        send(1, 15 * S, 16 * S) | fault("partition", "link-1", 9 * S, 10 * S + MS),
        send(1, 10 * S, 11 * S) | fault("kill", "node", 10 * S + 100 * MS, 11 * S),
        send(1, 10 * S, 20 * S) | {"connections": [session(1, 1, S, close_invoke_ns=9 * S, close_ns=9 * S,
                                                            close_by="client", close_kind="clean")]},
    ],
    ids=["meant to be refused", "warm-up", "bad block", "under a fault", "soon after a heal", "kill", "away"],
)
def test_what_is_no_sample(tables: dict[str, list[Row]]) -> None:
    """Left out: refusals that were asked for, warm-up, bad blocks, faults and what follows them, senders gone away."""
    assert ("too few samples", 0) == (lambda r: (r.result, r.samples))(evaluate("send-ack", tables, bad=(12,)))


def test_a_fault_on_another_link_is_no_excuse() -> None:
    """Only what lies between the sender and the target excuses."""
    result = evaluate("send-ack", send(1, 10 * S, 11 * S) | fault("partition", "link-2", 9 * S, 12 * S))
    assert (1000.0, "missed") == (result.value, result.result)


def test_a_session_that_the_target_ended_is_no_excuse() -> None:
    """A server that closes the connection right after the send was due still owes the ack."""
    ended = session(1, 1, S, close_ns=10 * S + 100 * MS, close_by="server", close_kind="clean")
    result = evaluate("send-ack", send(1, 10 * S, 20 * S) | {"connections": [ended]})
    assert (10_000.0, 1) == (result.value, result.samples)


def test_sends_that_were_not_calm_are_reported_apart() -> None:
    """What a fault touched is no sample, but its size and its p95 are told."""
    calm, touched = send(1, 20 * S, 20 * S + MS), send(2, 10 * S, 11 * S)
    tables = {"operations": calm["operations"] + touched["operations"]}
    result = evaluate("send-ack", tables | fault("partition", "link-1", 9 * S, 10 * S + MS))
    assert (1, "not calm, so not judged: 1 under partition (p95 1,000 ms)") == (result.samples, result.reason)


# --- delivery ---


def test_a_message_is_as_slow_as_its_slowest_calm_device() -> None:
    """Shown at 300 ms by the one other device: 300 ms; a repeat that is not shown changes nothing."""
    tables = send(1, 10 * S, 10 * S + MS) | {"deliveries": [
        shown(1, 10 * S + 300 * MS), shown(1, 10 * S + 2 * MS, shown=False),
    ]}
    assert 300.0 == evaluate("delivery", tables).value


def test_a_message_that_is_never_shown_is_a_miss_of_both() -> None:
    """Never shown: the latency is infinite and the share shown is none."""
    tables = send(1, 10 * S, 10 * S + MS)
    assert ("missed", None) == (lambda r: (r.result, r.value))(evaluate("delivery", tables))
    assert ("missed", 0.0) == (lambda r: (r.result, r.value))(evaluate("delivery-shown", tables))


@pytest.mark.parametrize(
    "tables",
    [
        fault("stall", "link-2", 10 * S + 500 * MS, 11 * S),
        {"subscriptions": [subscription(1, 1, S), subscription(2, 2, 11 * S)]},
        {"memberships": [{"conv": 1, "user": 1, "change": "initial", "op": 0, "role": "member", "invoke_ns": 0}]},
        {"resumes": [{"session": 2, "conv": 1, "from_seq": 0, "epoch": 1, "own_contiguous_seq": 0, "invoke_ns": S,
                      "live_ns": 12 * S, "frontier_seq": 0}]},
    ],
    ids=["fault", "not following", "not entitled", "still resuming"],
)
def test_a_message_without_a_calm_device_is_no_sample(tables: dict[str, list[Row]]) -> None:
    """A device counts when it follows, is live, may see the message, and nothing touches its link until it is late."""
    assert 0 == evaluate("delivery", send(1, 10 * S, 10 * S + MS) | tables).samples


# --- presence ---


def truth(change: int, state: str, from_ns: int, to_ns: int | None, cause: str = "set") -> Row:
    """What the presence of device 1 was."""
    return {"change": change, "user": 1, "dev": 1, "state": state, "from_ns": from_ns, "to_ns": to_ns, "cause": cause}


def seen(state: str, t_ns: int, ver: int, source: str = "push") -> Row:
    """What device 2 was told of user 1."""
    return {"t_ns": t_ns, "dev": 2, "session": 2, "subject": 1, "state": state, "incarnation": 1, "ver": ver,
            "source": source}


TRUTHS = [truth(1, "online", S, 10 * S), truth(2, "either", 10 * S, 10 * S + 50 * MS),
          truth(3, "offline", 10 * S + 50 * MS, None)]


def kicked(user: int) -> Row:
    """A user is removed from the conversation at 9 s and does not come back."""
    return {"conv": 1, "user": user, "change": "kick", "op": 99, "role": "member", "invoke_ns": 9 * S,
            "done_ns": 9 * S, "outcome": "ok"}


def test_a_change_of_presence_takes_until_the_slowest_watcher_holds_it() -> None:
    """Begun at 10 s, told at 10.4 s: 400 ms, counted from the first byte and not from the completion."""
    result = evaluate("presence", {"presence_truth": TRUTHS, "presence_seen": [
        seen("online", S, 1, "snapshot"), seen("offline", 10 * S + 400 * MS, 2),
    ]})
    assert (400.0, 1) == (result.value, result.samples)


def test_a_watcher_that_is_never_told_is_a_miss() -> None:
    """It held the old state until the end of the run, which is longer than the objective."""
    result = evaluate("presence", {"presence_truth": TRUTHS, "presence_seen": [seen("online", S, 1, "snapshot")]})
    assert ("missed", 1) == (result.result, result.samples)


def test_a_silent_link_may_take_as_long_as_its_heartbeat() -> None:
    """Of 16 s until a watcher knew, 15 s are the profile's; what is left is compared with the objective."""
    silent = [truth(1, "online", S, 10 * S), truth(2, "either", 10 * S, 11 * S, "half_open"),
              truth(3, "offline", 11 * S, None, "half_open")]
    result = evaluate("presence", {"presence_truth": silent, "presence_seen": [
        seen("online", S, 1, "snapshot"), seen("offline", 26 * S, 2),
    ]})
    assert (1000.0, 1) == (result.value, result.samples)


@pytest.mark.parametrize(
    "tables",
    [
        {"presence_seen": [seen("online", 11 * S, 1, "snapshot")]},
        fault("partition", "link-2", 9 * S, 20 * S),
        fault("partition", "link-1", 9 * S, 20 * S),
        {"memberships": [kicked(1)]},
        {"memberships": [kicked(2)]},
    ],
    ids=["not hydrated", "watcher under a fault", "subject under a fault", "subject was kicked", "watcher was kicked"],
)
def test_what_is_no_presence_sample(tables: dict[str, list[Row]]) -> None:
    """A sample needs a hydrated watcher, no fault at either link, and both in their conversations."""
    tables = {"presence_truth": TRUTHS, "presence_seen": [seen("online", S, 1, "snapshot")]} | tables
    assert 0 == evaluate("presence", tables).samples


def test_a_change_that_does_not_last_is_no_sample() -> None:
    """Offline for a second need not be told; only the change back, which its watcher already held, is a sample."""
    flicker = [*TRUTHS[:2], truth(3, "offline", 10 * S + 50 * MS, 11 * S), truth(4, "online", 11 * S, None)]
    result = evaluate("presence", {"presence_truth": flicker, "presence_seen": [seen("online", S, 1, "snapshot")]})
    assert (0.0, 1) == (result.value, result.samples)


# --- caught up ---


def resume(number: int, own: int, frontier: int | None, live_ns: int | None, conv: int = 1) -> Row:
    """A resume of a session."""
    return {"session": number, "conv": conv, "from_seq": own, "epoch": 1, "own_contiguous_seq": own,
            "invoke_ns": 10 * S, "frontier_seq": frontier, "live_ns": live_ns,
            "outcome": "recovered" if live_ns else None}


def caught_up(*resumes: Row, **end: Any) -> SloResult:
    """The result for device 2 returning at 10 s with these resumes."""
    return evaluate("caught-up", {"connections": [session(7, 2, 10 * S, **end)], "resumes": list(resumes)})


def test_a_session_has_caught_up_with_its_last_stream() -> None:
    """Counted once per session, from the hello to the slowest stream that had a gap."""
    result = caught_up(resume(7, 1, 9, 10 * S + 200 * MS), resume(7, 1, 5, 10 * S + 700 * MS, conv=2))
    assert (700.0, 1) == (result.value, result.samples)


@pytest.mark.parametrize(
    ("resumed", "samples"), [((9, 9), 0), ((1, 1001), 1), ((1, 1002), 0)], ids=["no gap", "1,000 events", "more"]
)
def test_only_a_gap_of_at_most_a_thousand_events_counts(resumed: tuple[int, int], samples: int) -> None:
    """A stream without a gap has nothing to catch up with; a larger gap has no promise."""
    assert samples == caught_up(resume(7, *resumed, 11 * S)).samples


def test_a_resume_that_is_never_answered_took_forever() -> None:
    """A live session that the target never answers is a miss, whatever its gap."""
    assert ("missed", 1) == (lambda r: (r.result, r.samples))(caught_up(resume(7, 1, None, None)))


def test_a_device_that_leaves_before_it_could_be_late_is_no_sample() -> None:
    """Its next session counts instead; a session that the target ends stays a miss."""
    left = {"close_ns": 11 * S, "close_invoke_ns": 11 * S, "close_kind": "clean"}
    assert 0 == caught_up(resume(7, 1, 9, None), close_by="client", **left).samples
    assert "missed" == caught_up(resume(7, 1, 9, None), close_by="server", **{**left, "close_invoke_ns": None}).result


# --- conclusions ---


def objective(name: Sample, target: float, *, as_ratio: bool = False) -> Objective:
    """An objective of 200 ms with minimums of 59 samples in 20 blocks."""
    return Objective("o", "an objective", name, 200 * MS, target, as_ratio, 59, 20)


def result_of(latencies_ms: list[float], blocks: int, *, as_ratio: bool = False) -> SloResult:
    """Judge latencies that are spread evenly over so many seconds."""
    places = np.arange(len(latencies_ms)) % blocks
    samples = Samples(np.array(latencies_ms) * MS, places.astype(np.int64))
    return judge_samples(objective("send_ack", 0.95, as_ratio=as_ratio), samples, 1)


@pytest.mark.parametrize(
    ("latencies", "blocks", "expected"),
    [
        ([10.0] * 59, 20, "met"),
        ([10.0] * 58, 20, "too few samples"),
        ([10.0] * 200, 19, "too few samples"),
        ([900.0] * 200, 20, "missed"),
        ([10.0] * 189 + [900.0] * 11, 20, "uncertain"),
    ],
    ids=["just enough", "a sample short", "a block short", "all late", "straddles"],
)
@pytest.mark.parametrize("as_ratio", [False, True])
def test_a_conclusion_needs_the_whole_interval_on_one_side(
    latencies: list[float], blocks: int, expected: str, as_ratio: bool
) -> None:
    """Met and missed are said only when the interval says so, and nothing below the minimums."""
    assert expected == result_of(latencies, blocks, as_ratio=as_ratio).result


def test_the_model_keeps_every_slo_that_it_has_samples_for() -> None:
    """On a clean history no SLO is missed, and with too little of it none is concluded."""
    recorded = build(5, steps=400)
    run = msgspec.structs.replace(recorded.run, slos=tuple(DOCUMENTS.values()))
    with History.of(run, recorded.tables) as history, relations(history):
        assert {"too few samples"} == {result.result for result in evaluate_slos(history, ())}


def test_a_missing_table_is_named() -> None:
    """An SLO that cannot be observed says why."""
    run = RunDocument(
        run_id="r", seed=1, scenario="s", replay="", target="t", driver="d", engine="e", claims={}, bounds={},
        required=(), slos_required=True, slos=tuple(DOCUMENTS.values()),
    )
    with History.of(run, {"phases": world()["phases"]}) as history, relations(history):
        reasons = {result.name: result.reason for result in evaluate_slos(history, ())}
    assert "not observable without the table resumes" == reasons["caught-up"]


def test_a_document_that_is_no_slo_is_refused() -> None:
    """A run.json with a broken objective cannot quietly have no objective."""
    with pytest.raises(HistoryError, match=r"run\.json, slos"):
        objective_of({"metadata": {"name": "x"}, "spec": {}})
