"""Single anomalies of messages, orders, counts, changes, typing and slow links; see `corrupters`."""

from __future__ import annotations

from typing import Any

from tests.checkers.model import Recorded

Row = dict[str, Any]


def _rows(recorded: Recorded, table: str) -> list[Row]:
    return recorded.tables.get(table, [])


def _choose(rows: list[Row], pick: int) -> Row | None:
    return rows[pick % len(rows)] if rows else None


def _messages(recorded: Recorded) -> list[Row]:
    """Arrivals of messages, but acks."""
    return [row for row in _rows(recorded, "deliveries") if row["event"] == "message" and row["via"] != "ack"]


def alter(recorded: Recorded, pick: int) -> bool:
    """A message arrives with another content."""
    row = _choose(_messages(recorded), pick)
    if row is not None:
        row |= {"content_ok": False} if pick % 2 else {"body_hash": 12_345}
    return row is not None


def invent(recorded: Recorded, pick: int) -> bool:
    """A message arrives that nobody sent."""
    row = _choose(_messages(recorded), pick)
    if row is not None:
        row["op"] = 777
    return row is not None


def misdeliver(recorded: Recorded, pick: int) -> bool:
    """A message arrives in the other conversation."""
    row = _choose(_messages(recorded), pick)
    if row is not None:
        row["conv"] = 1 - row["conv"]
    return row is not None


def invent_a_kick(recorded: Recorded, pick: int) -> bool:
    """A message arrives as a kick that nobody asked for."""
    row = _choose(_messages(recorded), pick)
    if row is not None:
        row |= {"event": "kick", "op": None, "msg_id": None, "body_hash": None}
    return row is not None


def deliver_the_refused(recorded: Recorded, pick: int) -> bool:
    """What was refused for good arrives in place of another message."""
    refused = [row for row in _rows(recorded, "operations") if row["kind"] == "send" and row.get("outcome") == "fail"]
    row, send = _choose(_messages(recorded), pick), _choose(refused, pick)
    if row is not None and send is not None:
        row["op"] = send["op"]
    return row is not None and send is not None


def show_again(recorded: Recorded, pick: int) -> bool:
    """A repeat is shown."""
    row = _choose([row for row in _rows(recorded, "deliveries") if not row["shown"]], pick)
    if row is not None:
        row["shown"] = True
    return row is not None


def rename(recorded: Recorded, pick: int) -> bool:
    """One observer is told another id, which may be that of another message."""
    row = _choose(_messages(recorded), pick)
    if row is not None:
        row["msg_id"] += 1
    return row is not None


def swap_places(recorded: Recorded, pick: int) -> bool:
    """Two messages stand at each other's seqs, for everybody."""
    sends = [row for row in _rows(recorded, "operations") if row["kind"] == "send" and row.get("ack_seq")]
    pairs = [(one, two) for one in sends for two in sends if one["conv"] == two["conv"] and one["op"] < two["op"]]
    if not pairs:
        return False
    one, two = pairs[pick % len(pairs)]
    seqs = {one["op"]: two["ack_seq"], two["op"]: one["ack_seq"]}
    for table in ("operations", "attempts", "deliveries", "read_items"):
        for row in _rows(recorded, table):
            for seq, id_ in (("ack_seq", "ack_msg_id"), ("seq", "msg_id")):
                if row["op"] in seqs and row.get(seq):
                    row[seq] = row[id_] = seqs[row["op"]]
    return True


def delay(recorded: Recorded, pick: int) -> bool:
    """One live arrival comes after the next ones of its session and conversation."""
    live = [row for row in _rows(recorded, "deliveries") if row["via"] == "live"]
    row = _choose(live, pick)
    if row is None:
        return False
    own = [other for other in live if all(other[key] == row[key] for key in ("dev", "session", "conv"))]
    later = [other for other in own if other["rec"] > row["rec"]]
    kept = ("worker", "rec", "t_ns")
    for other in later:
        for name in [name for name in row if name not in kept]:
            row[name], other[name] = other[name], row[name]
        row = other
    return bool(later)


def forget_own(recorded: Recorded, pick: int) -> bool:
    """A page lacks a message of the device that reads it."""
    devs = {row["read"]: row["dev"] for row in _rows(recorded, "reads")}
    items = _rows(recorded, "read_items")
    row = _choose([row for row in items if row["event"] == "message" and row["op"] >> 32 == devs[row["read"]]], pick)
    if row is not None:
        items.remove(row)
    return row is not None


def miscount(recorded: Recorded, pick: int) -> bool:
    """An unread count is one more or less."""
    row = _choose(_rows(recorded, "unread"), pick)
    if row is not None:
        row["unread"] += 1 if pick % 2 or not row["unread"] else -1
    return row is not None


def resurrect(recorded: Recorded, pick: int) -> bool:
    """A page has the first body of a message that was edited or deleted."""
    bodies = {row["op"]: row["body_hash"] for row in _rows(recorded, "operations") if row["kind"] == "send"}
    changed = [row for row in _rows(recorded, "read_items") if row["event"] == "message" and row["version"]]
    row = _choose(changed, pick)
    if row is not None:
        row |= {"body_hash": bodies[row["op"]], "deleted": False}
    return row is not None


def resume_the_old(recorded: Recorded, pick: int) -> bool:
    """A resume brings a message with its first body."""
    bodies = {row["op"]: row["body_hash"] for row in _rows(recorded, "operations") if row["kind"] == "send"}
    row = _choose([row for row in _messages(recorded) if row["via"] == "resume" and row["version"]], pick)
    if row is not None:
        row |= {"body_hash": bodies[row["op"]], "version": None}
    return row is not None


def miss_a_change(recorded: Recorded, pick: int) -> bool:
    """An edit or delete never arrives at one device."""
    arrivals = _rows(recorded, "deliveries")
    row = _choose([row for row in arrivals if row["event"] in ("edit", "delete")], pick)
    if row is not None:
        arrivals.remove(row)
    return row is not None


def type_for_ever(recorded: Recorded, pick: int) -> bool:
    """A session is never told that anybody stopped, and its frames have no time to live."""
    frames = _rows(recorded, "typing_seen")
    row = _choose(frames, pick)
    if row is None:
        return False
    recorded.tables["typing_seen"] = [
        {**other, "ttl_ns": None if other["session"] == row["session"] else other["ttl_ns"]}
        for other in frames if other["is_on"] or other["session"] != row["session"]
    ]
    return True


def type_again(recorded: Recorded, pick: int) -> bool:
    """A pause becomes another frame that says that its author types."""
    row = _choose([row for row in _rows(recorded, "typing_seen") if not row["is_on"]], pick)
    if row is not None:
        row["is_on"] = True
    return row is not None


def type_unbegun(recorded: Recorded, pick: int) -> bool:
    """A frame names an episode that never was."""
    row = _choose([row for row in _rows(recorded, "typing_seen") if row["is_on"]], pick)
    if row is not None:
        row["episode"] = 999_999
    return row is not None


def drop_what_waited(recorded: Recorded, pick: int) -> bool:
    """What a mended link should have brought never comes, and nobody says so."""
    fault = _choose([row for row in _rows(recorded, "faults") if row["kind"] == "stall"], pick)
    if fault is None:
        return False
    devs = {row["dev"] for row in _rows(recorded, "devices") if row["link"] == fault["target"]}
    from_ns, to_ns = fault["stop_confirmed_ns"], fault["stop_confirmed_ns"] + 400_000_000
    recorded.tables["deliveries"] = [
        row for row in _rows(recorded, "deliveries") if row["dev"] not in devs or not from_ns <= row["t_ns"] <= to_ns
    ]
    recorded.tables["notices"] = [row for row in _rows(recorded, "notices") if not from_ns <= row["t_ns"] <= to_ns]
    return True
