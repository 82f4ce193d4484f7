"""Who is judged for what arrives: sessions, observers, and the naive oracle of whole-resume."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checkers.oracles.facts import FOREVER, Row, Tables, first_seen, must_see, must_spans, places, rows, users


def run_end_ns(tables: Tables) -> int:
    """When the last phase ended; nothing is recorded later."""
    return max(row["end_ns"] for row in rows(tables, "phases"))


def drain_ns(tables: Tables) -> tuple[int, int]:
    """When drain began and ended."""
    drain = next(row for row in rows(tables, "phases") if row["phase"] == "drain")
    return drain["start_ns"], drain["end_ns"]


def sessions(tables: Tables) -> Iterator[tuple[Row, int, int]]:
    """Each accepted session, from when to when it lived."""
    for row in rows(tables, "connections"):
        ends = [row[key] for key in ("close_invoke_ns", "close_ns") if row.get(key) is not None]
        if row.get("hello_ok_ns") is not None:
            yield row, row["hello_ok_ns"], min([*ends, run_end_ns(tables)])


def observers(tables: Tables) -> Iterator[tuple[Row, int, int]]:
    """(session, conversation, its end): up at the end of drain, following, of a user who is a member for good."""
    end_ns, owners = drain_ns(tables)[1], users(tables)
    for row, from_ns, to_ns in sessions(tables):
        followed = {
            sub["conv"] for sub in rows(tables, "subscriptions")
            if sub["session"] == row["session"] and sub.get("to_ns", FOREVER) >= end_ns
        }
        followed |= {res["conv"] for res in rows(tables, "resumes") if res["session"] == row["session"]}
        followed |= {
            arrival["conv"] for arrival in rows(tables, "deliveries")
            if arrival["session"] == row["session"] and arrival["via"] in ("live", "resume")
        }
        for conv in followed if from_ns <= end_ns <= to_ns else ():
            if must_spans(tables, conv, owners[row["dev"]])[-1][1] == FOREVER:
                yield row, conv, to_ns


def silent_gaps(tables: Tables) -> set[tuple[int, int, int]]:
    """(session, conversation, seq): owed by a resume that the server called whole, and never on that stream."""
    owners = users(tables)
    seats = {row["session"]: row for row in rows(tables, "connections")}
    senders = {(_conv_of(tables, op), seq): op >> 32 for op, seq in places(tables).items()}
    found = set()
    for resume in rows(tables, "resumes"):
        session, conv, dev = resume["session"], resume["conv"], seats[resume["session"]]["dev"]
        own = [row for row in rows(tables, "deliveries") if row["conv"] == conv and row["dev"] == dev]
        stream = [row for row in own if row["session"] == session and row["via"] in ("live", "resume")]
        later = [row for row in stream if row["rec"] > resume["live_rec"]]
        first_live = min(later, key=lambda row: row["rec"])["seq"] if later else 0
        for at, seq in first_seen(tables):
            if at != conv or not resume["from_seq"] < seq <= max(resume["upto_seq"], first_live):
                continue
            is_owed = must_see(tables, conv, owners[dev], seq) and senders.get((conv, seq)) != dev
            was_there = any(row["seq"] == seq and row["rec"] <= resume["rec"] for row in own)
            is_told = any(
                row["session"] == session and row["conv"] == conv and row["from_seq"] <= seq <= row["to_seq"]
                for row in rows(tables, "notices")
            )
            if is_owed and not was_there and not is_told and all(row["seq"] != seq for row in stream):
                found.add((session, conv, seq))
    return found


def _conv_of(tables: Tables, op: int) -> int:
    return int(next(row["conv"] for row in rows(tables, "operations") if row["op"] == op))
