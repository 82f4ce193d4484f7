"""Naive oracles of markers: receipts-forward, receipts-converge."""

from __future__ import annotations

from collections import defaultdict

from tests.checkers.oracles.arrivals import observers, sessions
from tests.checkers.oracles.facts import ERROR_NS, FOREVER, Row, Tables, must_spans, rows, users

REST_NS = 10_000_000
"""The bound of rest that generated histories are judged by."""

Found = tuple[str, int, int, int, int]
"""(kind, device, conversation, user, when)."""


def backward_markers(tables: Tables) -> set[Found]:
    """Markers above what their user had asked for, below what the session knew, or read beyond delivered."""
    found: set[Found] = set()
    known: dict[tuple[int, int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in sorted(rows(tables, "receipts"), key=lambda row: row["rec"]):
        what = (row["dev"], row["conv"], row["user"], row["t_ns"])
        asked = [op for op in _receipts(tables, row["conv"], row["user"])
                 if op["invoke_ns"] <= row["t_ns"] + 2 * ERROR_NS]
        delivered = max((op["ref_seq"] for op in asked), default=0)
        read = max((op["ref_seq"] for op in asked if op["marker"] == "read"), default=0)
        if row["read_seq"] > read or row["delivered_seq"] > delivered:
            found.add(("ahead of its user", *what))
        if row["read_seq"] > row["delivered_seq"]:
            found.add(("read beyond delivered", *what))
        if row["source"] != "read":
            before = known[row["session"], row["conv"], row["user"]]
            if row["read_seq"] < before[0] or row["delivered_seq"] < before[1]:
                found.add(("went back", *what))
            highest = max(before[0], row["read_seq"]), max(before[1], row["delivered_seq"])
            known[row["session"], row["conv"], row["user"]] = highest
    return found


def _receipts(tables: Tables, conv: int, user: int) -> list[Row]:
    owners = users(tables)
    return [
        row for row in rows(tables, "operations")
        if row["kind"] == "receipt" and row["conv"] == conv and owners[row["dev"]] == user
    ]


def split_markers(tables: Tables) -> set[tuple[str, int, int, int]]:
    """(kind, device or -1, conversation, user) of acknowledged markers that are not everywhere at rest."""
    found: set[tuple[str, int, int, int]] = set()
    seen_by: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
    for session, conv, end_ns in observers(tables):
        for user in {row["user"] for row in rows(tables, "devices")}:
            asked = _receipts(tables, conv, user)
            told = [
                row for row in rows(tables, "receipts")
                if (row["dev"], row["conv"], row["user"]) == (session["dev"], conv, user) and row["source"] != "read"
            ]
            if not asked or not told or not _is_at_rest(tables, session, conv, user, asked, told, end_ns):
                continue
            last = max(told, key=lambda row: row["rec"])
            acked = [row for row in asked if row.get("outcome") == "ok"]
            read = max((row["ref_seq"] for row in acked if row["marker"] == "read"), default=0)
            delivered = max((row["ref_seq"] for row in acked), default=0)
            seen_by[conv, user].add((last["read_seq"], last["delivered_seq"]))
            if last["read_seq"] < read or last["delivered_seq"] < delivered:
                found.add(("not visible", session["dev"], conv, user))
    return found | {("observers disagree", -1, *key) for key, seen in seen_by.items() if len(seen) > 1}


def _is_at_rest(
    tables: Tables, session: Row, conv: int, user: int, asked: list[Row], told: list[Row], end_ns: int
) -> bool:
    """Nothing of it moved lately, and neither of the two users came or went while the session lived."""
    owners = users(tables)
    begun_ns = next(from_ns for row, from_ns, _ in sessions(tables) if row["session"] == session["session"])
    last_ns = max([row["invoke_ns"] for row in asked] + [row["t_ns"] for row in told])
    moved = any(
        row["conv"] == conv and row["user"] in (user, owners[session["dev"]]) and row["done_ns"] > begun_ns
        for row in rows(tables, "memberships")
    )
    stays = must_spans(tables, conv, user)[-1][1] == FOREVER
    return stays and not moved and last_ns + REST_NS <= end_ns
