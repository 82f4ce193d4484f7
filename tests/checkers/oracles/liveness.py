"""Naive oracle of progress, for histories whose only faults are kills of their only process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.checkers.oracles.arrivals import drain_ns, observers, run_end_ns, sessions
from tests.checkers.oracles.facts import FOREVER, Tables, first_seen, must_see, must_spans, places, rows, users

BOUNDS = {
    "progress_min_ok": 3, "unresolved_ns": 200_000_000, "drain_ns": 50_000_000, "recovery_ns": 30_000_000,
    "ready_ns": 100_000_000,
}
"""The bounds that generated histories are judged by."""

Stop = tuple[str, object]
"""(kind, what stopped)."""


def stops(tables: Tables) -> set[Stop]:
    """Everything that did not go on, or not in time."""
    return {*_failing(tables), *_unresolved(tables), *_stuck(tables), *_silent(tables), *_down(tables)}


def _failing(tables: Tables) -> Iterator[Stop]:
    tried = [row for row in rows(tables, "operations") if row["expect"] == "ok" and row["phase"] in ("warm_up", "main")]
    all_ = Counter((row["kind"], row["phase"]) for row in tried)
    ok = Counter((row["kind"], row["phase"]) for row in tried if row.get("outcome") == "ok")
    for (kind, phase), count in all_.items():
        if count >= BOUNDS["progress_min_ok"] > ok[kind, phase] and 2 * ok[kind, phase] < count:
            yield "too few succeed", f"{kind} in {phase}"


def _unresolved(tables: Tables) -> Iterator[Stop]:
    seen = places(tables)
    for row in rows(tables, "operations"):
        is_open = row.get("outcome") in (None, "unknown") and row["op"] not in seen
        is_meant = row["expect"] == "ok" and row["kind"] in ("send", "join", "leave", "kick")
        if is_open and is_meant and row["invoke_ns"] + BOUNDS["unresolved_ns"] < run_end_ns(tables):
            yield "unresolved", row["op"]


def _stuck(tables: Tables) -> Iterator[Stop]:
    """Who has no session, or lacks a head, after a drain that lasted its whole bound."""
    start_ns, end_ns = drain_ns(tables)
    if (end_ns - start_ns) * 100 < BOUNDS["drain_ns"] * 99:
        return
    owners, watching = users(tables), list(observers(tables))
    convs = {row["conv"] for row in rows(tables, "conversations")}
    for dev, user in owners.items():
        belongs = any(spans and spans[-1][1] == FOREVER for conv in convs for spans in [must_spans(tables, conv, user)])
        came = any(row["dev"] == dev for row in rows(tables, "connections"))
        if belongs and came and all(row["dev"] != dev for row, _, _ in watching):
            yield "not drained", (dev, None)
    for row, conv, _ in watching:
        head = max((seq for (at, seq), t_ns in first_seen(tables).items() if at == conv and t_ns <= end_ns), default=0)
        has = any(
            (got["dev"], got["conv"], got["seq"]) == (row["dev"], conv, head) for got in rows(tables, "deliveries")
        )
        if head > beginning(tables, row["dev"], conv) and must_see(tables, conv, owners[row["dev"]], head) and not has:
            yield "not drained", (row["dev"], conv)


def beginning(tables: Tables, dev: int, conv: int) -> int:
    """The cursor of the device's first resume."""
    seats = {row["session"] for row in rows(tables, "connections") if row["dev"] == dev}
    own = [row for row in rows(tables, "resumes") if row["session"] in seats and row["conv"] == conv]
    return int(min(own, key=lambda row: row["rec"])["from_seq"]) if own else 0


def _silent(tables: Tables) -> Iterator[Stop]:
    """Kills after whose end nothing came back in time, and nothing else was broken then."""
    trips = [from_ns for _, from_ns, _ in sessions(tables)]
    trips += [row["done_ns"] for row in rows(tables, "attempts") if row.get("outcome") == "ok"]
    trips += [row["t_ns"] for row in rows(tables, "heads") if row["source"] == "pong"]
    trips += [row["done_ns"] for row in rows(tables, "reads") if row["outcome"] == "ok"]
    kills = rows(tables, "faults")
    for kill in kills:
        ready = [row["t_ns"] for row in rows(tables, "processes")
                 if row["event"] == "ready" and row["t_ns"] >= kill["start_confirmed_ns"]]
        from_ns = min(ready, default=kill["stop_confirmed_ns"])
        to_ns = from_ns + BOUNDS["recovery_ns"]
        others = [other for other in kills if other["fault"] != kill["fault"]]
        is_alone = all(
            other["start_req_ns"] >= to_ns or other["stop_confirmed_ns"] <= from_ns for other in others
        )
        if to_ns <= drain_ns(tables)[1] and is_alone and not any(from_ns <= t_ns <= to_ns for t_ns in trips):
            yield "no round trip after heal", to_ns


def _down(tables: Tables) -> Iterator[Stop]:
    ready = [row["t_ns"] for row in rows(tables, "processes") if row["event"] == "ready"]
    for row in rows(tables, "processes"):
        bound_ns = row["t_ns"] + BOUNDS["ready_ns"]
        is_back = any(row["t_ns"] <= t_ns <= bound_ns for t_ns in ready)
        if row["event"] == "killed" and bound_ns < run_end_ns(tables) and not is_back:
            yield "not ready again", bound_ns
