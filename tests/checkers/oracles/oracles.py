"""Naive oracles in plain Python, written from the documentation's sentences and worked examples, not from the SQL.

Each says what is wrong in a recorded history as a set; they know only single-epoch histories of the model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]
FOREVER = 2**62


def lost_messages(tables: Tables) -> set[tuple[int, int]]:
    """(operation, device): acknowledged, and never shown to a device that had to show it."""
    shown = {(row["op"], row["dev"]) for row in _rows(tables, "deliveries") if row["shown"]}
    return {
        (op, dev)
        for op, conv, seq in _acknowledged(tables)
        for dev in _judged_devices(tables, conv)
        if _must_see(tables, conv, _user(tables, dev), seq) and (op, dev) not in shown
    }


def broken_keys(tables: Tables) -> set[int]:
    """Operations that took two seqs, or shared their key's effect with another body, or whose retry was refused."""
    sends = {row["op"]: row for row in _rows(tables, "operations") if row["kind"] == "send"}
    places: dict[int, set[int]] = defaultdict(set)
    for op, _, seq in _sightings(tables):
        if op in sends:
            places[op].add(seq)
    broken = {op for op, seqs in places.items() if len(seqs) > 1}
    by_key: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    for op in places:
        send = sends[op]
        by_key[send["conv"], _user(tables, send["dev"]), send["u"]].add(op)
    for ops in by_key.values():
        broken |= ops if len(ops) > 1 else set()
    first: dict[int, int] = {}
    for row in sorted(_rows(tables, "attempts"), key=lambda row: row["rec_invoke"]):
        is_retry = first.setdefault(row["op"], row["invoke_ns"]) < row["invoke_ns"]
        if is_retry and row.get("outcome") == "fail" and row.get("definite") and places.get(row["op"]):
            broken.add(row["op"])
    return broken


def unordered(tables: Tables) -> set[tuple[int, int, int]]:
    """(device, conversation, seq): its first arrival came after a larger one's within a session, or live after any."""
    firsts: dict[tuple[int, int], dict[int, Row]] = defaultdict(dict)
    for row in sorted(_rows(tables, "deliveries"), key=lambda row: (row["worker"], row["rec"])):
        if row["via"] in ("live", "resume"):
            firsts[row["dev"], row["conv"]].setdefault(row["seq"], row)
    found = set()
    for (dev, conv), by_seq in firsts.items():
        earlier: list[Row] = []
        for seq, row in by_seq.items():
            for other in earlier:
                same = other["session"] == row["session"]
                if other["seq"] > seq and (same or row["via"] == "live"):
                    found.add((dev, conv, seq))
            earlier.append(row)
    return found


def _acknowledged(tables: Tables) -> Iterator[tuple[int, int, int]]:
    """(operation, conversation, smallest seq) of every send that was answered ok."""
    places: dict[int, int] = {}
    for op, _, seq in _sightings(tables):
        places[op] = min(seq, places.get(op, seq))
    answered = {row["op"] for row in _rows(tables, "attempts") if row.get("outcome") == "ok"}
    for row in _rows(tables, "operations"):
        if row["kind"] == "send" and row["op"] in answered and row["op"] in places and row["expect"] != "conflict":
            yield row["op"], row["conv"], places[row["op"]]


def _sightings(tables: Tables) -> Iterator[tuple[int, int, int]]:
    """(operation, conversation, seq) of everything that anyone saw of a message."""
    for row in _rows(tables, "deliveries") + _rows(tables, "read_items"):
        if row["event"] == "message":
            yield row["op"], row["conv"], row["seq"]
    convs = {row["op"]: row["conv"] for row in _rows(tables, "operations") if row["kind"] == "send"}
    for row in _rows(tables, "attempts") + _rows(tables, "operations"):
        if row["op"] in convs and row.get("outcome") == "ok" and row.get("ack_seq"):
            yield row["op"], convs[row["op"]], row["ack_seq"]


def _judged_devices(tables: Tables, conv: int) -> Iterator[int]:
    """Devices with a session over the end of drain that follow a conversation that their user never left for good."""
    end = max(row["end_ns"] for row in _rows(tables, "phases") if row["phase"] == "drain")
    for row in _rows(tables, "connections"):
        is_up = row.get("hello_ok_ns", FOREVER) <= end <= row.get("close_ns", FOREVER)
        follows = any(
            sub["session"] == row["session"] and sub["conv"] == conv and sub.get("to_ns", FOREVER) >= end
            for sub in _rows(tables, "subscriptions")
        )
        if is_up and follows and _spans(tables, conv, _user(tables, row["dev"]))[-1][1] == FOREVER:
            yield row["dev"]


def _must_see(tables: Tables, conv: int, user: int, seq: int) -> bool:
    return any(first <= seq < last for first, last in _spans(tables, conv, user))


def _spans(tables: Tables, conv: int, user: int) -> list[tuple[int, int]]:
    """[first, last) seqs of each membership."""
    spans: list[tuple[int, int]] = []
    for row in sorted(_rows(tables, "memberships"), key=lambda row: row.get("seq") or 0):
        if (row["conv"], row["user"]) != (conv, user):
            continue
        if row["change"] in ("initial", "join"):
            spans.append((row.get("seq") or 0, FOREVER))
        else:
            spans[-1] = (spans[-1][0], row["seq"])
    return spans


def _user(tables: Tables, dev: int) -> int:
    return next(row["user"] for row in _rows(tables, "devices") if row["dev"] == dev)


def _rows(tables: Tables, name: str) -> list[Row]:
    """The rows of a table; a script in which nothing of the kind happened has none."""
    return tables.get(name, [])
