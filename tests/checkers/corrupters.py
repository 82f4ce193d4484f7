"""Single anomalies: each takes a clean recorded history and spoils one thing, the way a broken server would.

A corrupter returns whether it found something to spoil; a history without it stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tests.checkers.model import Recorded

Row = dict[str, Any]
Corrupter = Callable[[Recorded, int], bool]
"""(recorded, pick): `pick` chooses among the candidates."""


def lose_shown(recorded: Recorded, pick: int) -> bool:
    """Everything that one device ever got of one acknowledged message of another device is removed."""
    rows = recorded.tables.get("deliveries", [])
    sends = [row for row in recorded.tables.get("operations", []) if row["kind"] == "send"]
    acked = {row["op"] for row in sends if row.get("outcome") == "ok"}
    row = _choose([row for row in rows if row["op"] in acked and row["shown"] and row["op"] >> 32 != row["dev"]], pick)
    if row is None:
        return False
    spoiled = (row["dev"], row["op"])
    recorded.tables["deliveries"] = [row for row in rows if (row["dev"], row["op"]) != spoiled]
    return True


def hide_shown(recorded: Recorded, pick: int) -> bool:
    """A message arrives at one device and its timeline never shows it."""
    row = _choose([row for row in recorded.tables.get("deliveries", []) if row["shown"] and row["op"]], pick)
    if row is not None:
        row["shown"] = False
    return row is not None


def second_seq(recorded: Recorded, pick: int) -> bool:
    """One observer has a message at another seq, as if a retry had stored it again."""
    row = _choose([row for row in recorded.tables.get("deliveries", []) if row["op"] and row["via"] != "ack"], pick)
    if row is not None:
        row |= {"seq": row["seq"] + 1000, "msg_id": row["seq"] + 1000}
    return row is not None


def refuse_retry(recorded: Recorded, pick: int) -> bool:
    """The answer to a retry of an effective send becomes a definite refusal."""
    row = _choose([row for row in recorded.tables.get("attempts", []) if row.get("duplicate")], pick)
    if row is not None:
        row |= {"outcome": "fail", "code": "not_member", "definite": True, "duplicate": None, "ack_seq": None}
    return row is not None


def accept_other_body(recorded: Recorded, pick: int) -> bool:
    """A conflicting send is acknowledged instead of refused."""
    attempts = {row["op"]: row for row in recorded.tables.get("attempts", [])}
    row = _choose([row for row in recorded.tables.get("operations", []) if row["expect"] == "conflict"], pick)
    if row is None:
        return False
    ack = {"outcome": "ok", "code": None, "definite": None, "ack_epoch": 1, "ack_seq": 900, "ack_msg_id": 900}
    attempts[row["op"]] |= ack
    row |= {"resolved_by": "ack", **{name: value for name, value in ack.items() if name != "definite"}}
    return True


def swap_neighbours(recorded: Recorded, pick: int) -> bool:
    """Two first live arrivals of one session and conversation come in the other order."""
    firsts: dict[tuple[int, int, int], Row] = {}
    for row in recorded.tables.get("deliveries", []):
        if row["via"] in ("live", "resume"):
            firsts.setdefault((row["dev"], row["conv"], row["seq"]), row)
    live = [row for row in firsts.values() if row["via"] == "live"]
    pairs = [
        (one, two)
        for one, two in pairwise(live)
        if (one["session"], one["conv"]) == (two["session"], two["conv"]) and one["seq"] < two["seq"]
    ]
    chosen = pairs[pick % len(pairs)] if pairs else None
    if chosen is not None:
        exchange(*chosen)
    return chosen is not None


def exchange(one: Row, two: Row) -> None:
    """Exchange two rows but for `worker`, `rec` and `t_ns`."""
    kept = ("worker", "rec", "t_ns")
    for name in [name for name in one if name not in kept]:
        one[name], two[name] = two[name], one[name]


def _choose(rows: list[Row], pick: int) -> Row | None:
    return rows[pick % len(rows)] if rows else None
