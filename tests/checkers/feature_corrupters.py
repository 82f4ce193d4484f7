"""Single anomalies of visibility and keeping; see `corrupters`. Each returns whether it found something to spoil."""

from __future__ import annotations

from typing import Any

from tests.checkers.corrupters import Row
from tests.checkers.model import Recorded


def feed_the_removed(recorded: Recorded, pick: int) -> bool:
    """A device gets an event that was said after its user's removal."""
    kicks = [row for row in recorded.tables.get("memberships", []) if row["change"] == "kick"]
    owners = {row["dev"]: row["user"] for row in recorded.tables["devices"]}
    arrivals = recorded.tables.get("deliveries", [])
    pairs = [
        (kick, row) for kick in kicks for row in arrivals
        if row["conv"] == kick["conv"] and row["seq"] > kick["seq"] and owners[row["dev"]] != kick["user"]
    ]
    if not pairs:
        return False
    kick, row = pairs[pick % len(pairs)]
    own = [other for other in arrivals if owners[other["dev"]] == kick["user"]]
    if own:
        arrivals.append({**row, "dev": own[-1]["dev"], "session": own[-1]["session"], "via": "live", "shown": False})
    return bool(own)


def lend_a_page_item(recorded: Recorded, pick: int) -> bool:
    """A page holds an item of another read's page."""
    items = recorded.tables.get("read_items", [])
    item, other = _choose(items, pick), _choose(items, pick // 7)
    if item is None or other is None or item["read"] == other["read"]:
        return False
    items.append({**item, "read": other["read"], "pos": 1_000})
    return True


def tell_a_head(recorded: Recorded, pick: int) -> bool:
    """A head is told to another device."""
    row = _choose(recorded.tables.get("heads", []), pick)
    if row is not None:
        row |= {"dev": pick % 6, "head_seq": row["head_seq"] + 1, "t_ns": row["t_ns"] * (pick % 5) // 4}
    return row is not None


def tell_a_marker(recorded: Recorded, pick: int) -> bool:
    """A marker is seen at another time, by another device."""
    row = _choose(recorded.tables.get("receipts", []), pick)
    if row is not None:
        row |= {"dev": pick % 6, "t_ns": row["t_ns"] * (pick % 7) // 3, "read_seq": 900, "delivered_seq": 900}
    return row is not None


def tell_a_stranger(recorded: Recorded, pick: int) -> bool:
    """Somebody sees the presence of a user whom nobody knows, or of one long after a removal."""
    row = _choose(recorded.tables.get("presence_seen", []), pick)
    if row is not None:
        row |= {"subject": pick % 5, "t_ns": row["t_ns"] + 3_000_000_000}
    return row is not None


def plant_a_canary(recorded: Recorded, pick: int) -> bool:
    """A body carries another conversation's canary."""
    row = _choose(recorded.tables.get("deliveries", []) + recorded.tables.get("read_items", []), pick)
    if row is not None:
        row["canary_conv"] = pick % 2
    return row is not None


def invent_a_hit(recorded: Recorded, pick: int) -> bool:
    """A hit stands elsewhere, or is of another message."""
    row = _choose(_items_of(recorded, "search"), pick)
    if row is not None:
        row |= ({"seq": row["seq"] + 1}, {"seq": 950}, {"op": 7}, {"conv": 1 - row["conv"]})[pick % 4]
    return row is not None


def forget_a_hit(recorded: Recorded, pick: int) -> bool:
    """A search does not find what it found."""
    row = _choose(_items_of(recorded, "search"), pick)
    if row is not None:
        recorded.tables["read_items"].remove(row)
    return row is not None


def spoil_a_download(recorded: Recorded, pick: int) -> bool:
    """A download is altered, refused, or works by whatever link."""
    row = _choose(recorded.tables.get("attachment_reads", []), pick)
    if row is not None:
        revoked = {"revoked_ns": row["t_ns"] - pick * 9_999}
        row |= ({"status": 200, "hash": 3}, {"status": 404}, {"status": 200}, revoked)[pick % 4]
    return row is not None


def spoil_a_probe(recorded: Recorded, pick: int) -> bool:
    """A surface has what it lacked, lacks what it had, or has it altered."""
    row = _choose(recorded.tables.get("surface_probes", []), pick)
    if row is not None:
        row |= {"present": not row["present"]} if pick % 3 else {"hash": 3}
    return row is not None


def claim_again(recorded: Recorded, pick: int) -> bool:
    """Another operation gets a key that was claimed."""
    row = _choose([row for row in recorded.tables.get("keys", []) if row["action"] == "claim"], pick)
    if row is not None:
        recorded.tables["keys"].append({**row, "op": row["op"] + (1 << 50)})
    return row is not None


def lose_an_item(recorded: Recorded, pick: int) -> bool:
    """A queued item is never delivered."""
    row = _choose([row for row in recorded.tables.get("device_queue", []) if row["action"] == "delivered"], pick)
    if row is not None:
        recorded.tables["device_queue"].remove(row)
    return row is not None


def _items_of(recorded: Recorded, kind: str) -> list[Row]:
    reads = {row["read"] for row in recorded.tables.get("reads", []) if row["kind"] == kind}
    return [row for row in recorded.tables.get("read_items", []) if row["read"] in reads]


def _choose(rows: list[Row], pick: int) -> dict[str, Any] | None:
    return rows[pick % len(rows)] if rows else None
