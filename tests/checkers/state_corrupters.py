"""Single anomalies of resumes, markers, presence, stores and progress; see `corrupters`."""

from __future__ import annotations

from tests.checkers.corrupters import Row
from tests.checkers.model import Recorded


def skip_in_replay(recorded: Recorded, pick: int) -> bool:
    """A replayed event never came on the stream; `pick` says whether the client repaired it later."""
    row = _choose([row for row in _rows(recorded, "deliveries") if row["via"] == "resume"], pick)
    if row is None:
        return False
    if pick % 2:
        row["via"] = "repair"
        row["rec"] += 100_000
    else:
        recorded.tables["deliveries"].remove(row)
    return True


def move_a_marker(recorded: Recorded, pick: int) -> bool:
    """A marker is shown ahead of its user, behind what was shown before, or read beyond delivered."""
    row = _choose(_rows(recorded, "receipts"), pick)
    if row is not None:
        by = (1, -1, 5)[pick % 3]
        row["read_seq"] = max(0, row["read_seq"] + by)
        if pick % 5:
            row["delivered_seq"] = max(0, row["delivered_seq"] + by)
    return row is not None


def drop_a_marker(recorded: Recorded, pick: int) -> bool:
    """A marker's push never came."""
    row = _choose([row for row in _rows(recorded, "receipts") if row["source"] == "push"], pick)
    if row is not None:
        recorded.tables["receipts"].remove(row)
    return row is not None


def see_a_ghost(recorded: Recorded, pick: int) -> bool:
    """A change of presence is told wrong, not at all, or under an older version."""
    row = _choose(_rows(recorded, "presence_seen"), pick)
    if row is None:
        return False
    if pick % 3 == 0:
        row["state"] = {"online": "offline", "offline": "online"}[row["state"]]
    elif pick % 3 == 1:
        recorded.tables["presence_seen"].remove(row)
    else:
        row["ver"] = row["ver"] - 2
    return True


def forget_an_event(recorded: Recorded, pick: int) -> bool:
    """The store has lost an event: no page holds it."""
    row = _choose(_rows(recorded, "read_items"), pick)
    if row is not None:
        recorded.tables["read_items"] = [
            item for item in _rows(recorded, "read_items") if (item["conv"], item["seq"]) != (row["conv"], row["seq"])
        ]
    return row is not None


def forget_on_a_page(recorded: Recorded, pick: int) -> bool:
    """One page lacks an event."""
    row = _choose(_rows(recorded, "read_items"), pick)
    if row is not None:
        recorded.tables["read_items"].remove(row)
    return row is not None


def raise_a_head(recorded: Recorded, pick: int) -> bool:
    """A head is told that no event ever takes."""
    row = _choose(_rows(recorded, "heads"), pick)
    if row is not None:
        row["head_seq"] += 1 + pick % 3
    return row is not None


def leave_unanswered(recorded: Recorded, pick: int) -> bool:
    """An operation, and every one after it of its kind, has no outcome; nobody saw them."""
    row = _choose(_rows(recorded, "operations"), pick)
    if row is None:
        return False
    silent = {other["op"] for other in _rows(recorded, "operations")
              if other["kind"] == row["kind"] and other["invoke_ns"] >= row["invoke_ns"]}
    for table in ("operations", "attempts"):
        for other in _rows(recorded, table):
            if other["op"] in silent:
                other |= {"outcome": None, "done_ns": None, "ack_seq": None}
    for table in ("deliveries", "read_items"):
        recorded.tables[table] = [other for other in _rows(recorded, table) if other["op"] not in silent]
    return True


def stay_down(recorded: Recorded, pick: int) -> bool:
    """A killed process does not come back in time."""
    row = _choose([row for row in _rows(recorded, "processes") if row["event"] == "ready"][1:], pick)
    if row is not None:
        row["t_ns"] += 80_000_000
    return row is not None


def lose_the_head(recorded: Recorded, pick: int) -> bool:
    """A device never gets the last event."""
    row = _choose(_rows(recorded, "deliveries")[-12:], pick)
    if row is not None:
        recorded.tables["deliveries"] = [
            other for other in _rows(recorded, "deliveries")
            if (other["dev"], other["conv"], other["seq"]) != (row["dev"], row["conv"], row["seq"])
        ]
    return row is not None


def close_before_drain(recorded: Recorded, pick: int) -> bool:
    """A device's last session ends before drain does."""
    row = _choose(_rows(recorded, "connections")[-6:], pick)
    if row is not None:
        row["close_ns"] = min(row.get("close_ns") or 2**62, row["hello_ok_ns"] + 1_000_000)
    return row is not None


def _rows(recorded: Recorded, name: str) -> list[Row]:
    return recorded.tables.get(name, [])


def _choose(rows: list[Row], pick: int) -> Row | None:
    return rows[pick % len(rows)] if rows else None
