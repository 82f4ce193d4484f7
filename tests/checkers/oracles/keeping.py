"""Naive oracles of what must be kept and what must be gone: attachments, retention, one-time keys, device queues."""

from __future__ import annotations

from collections import defaultdict

from tests.checkers.oracles.facts import ERROR_NS, FOREVER, Row, Tables, first_seen, must_see, places, rows, users

LINK_DEAD_NS = 20_000_000
"""The bound on dead links that generated histories are judged by."""

LAGGING = ("index", "cache", "log")
"""Surfaces on which absence says nothing."""


def broken_downloads(tables: Tables) -> set[tuple[str, int, int, int]]:
    """(kind, blob, device, when) of downloads that were altered, refused by a valid link, or came by a dead one."""
    found: set[tuple[str, int, int, int]] = set()
    blobs = {row["blob"]: row for row in rows(tables, "attachments")}
    seqs, owners, seen = places(tables), users(tables), first_seen(tables)
    for row in rows(tables, "attachment_reads"):
        blob, what = blobs[row["blob"]], (row["blob"], row["dev"], row["t_ns"])
        ends = [row.get("expires_ns"), row.get("revoked_ns"), blob.get("deleted_ns")]
        dead_ns = min(end for end in [*ends, FOREVER] if end is not None)
        seq = seqs.get(blob["op"])
        since = [blob.get("complete_ns"), seen.get((blob["conv"], seq)) if seq is not None else None]
        there_ns = min(t_ns for t_ns in [*since, FOREVER] if t_ns is not None)
        is_owed = owners[row["dev"]] == owners[blob["dev"]] or (
            seq is not None and must_see(tables, blob["conv"], owners[row["dev"]], seq)
        )
        if row["status"] == 200 and row["hash"] not in (None, blob["hash"]):
            found.add(("altered", *what))
        if row["status"] in (403, 404, 410) and is_owed and (
            there_ns + 2 * ERROR_NS < row["t_ns"] < dead_ns - 2 * ERROR_NS
        ):
            found.add(("gone", *what))
        if 200 <= row["status"] < 300 and row["t_ns"] > dead_ns + LINK_DEAD_NS + 2 * ERROR_NS:
            found.add(("link still works", *what))
    return found


def broken_keeping(tables: Tables) -> set[tuple[str, int, int, str, int]]:
    """(kind, conversation, seq, surface, when) of probes that contradict the rules.

    Knows one retention rule at most, erasures and holds, all of one workspace, and a server clock equal to the run's
    to `2 * ERROR_NS` around what the first sighting of a message leaves open.
    """
    found = set()
    stamps = _stamps(tables)
    low_ns, high_ns = _server_clock(tables, stamps)
    for probe in [*rows(tables, "surface_probes"), *_served(tables)]:
        stamp = stamps.get((probe["conv"], probe["seq"]))
        if stamp is None:
            continue
        surely_ns, at_most_ns = probe["t_ns"] + low_ns, probe["t_ns"] + high_ns
        young_until_ns, gone_from_ns = _lifetime(tables, stamp["server_ts_ns"])
        is_known = probe["t_ns"] > stamp["seen_ns"] + 2 * ERROR_NS
        is_young = is_known and at_most_ns < young_until_ns and probe["surface"] not in LAGGING
        is_held = is_known and probe["surface"] in ("store", "blob") and any(
            hold["effective_server_ns"] < young_until_ns
            and hold["effective_server_ns"] <= surely_ns
            and at_most_ns < _release(tables, hold)
            for hold in rows(tables, "policies")
            if hold["kind"] == "hold"
        )
        what = (probe["conv"], probe["seq"], probe["surface"], probe["t_ns"])
        if not probe["present"] and (is_young or is_held):
            found.add(("young is gone" if is_young else "held is gone", *what))
        if probe["present"] and gone_from_ns is not None and surely_ns > gone_from_ns and probe["surface"] != "log":
            found.add(("still there", *what))
        is_altered = probe.get("hash") is not None and probe["hash"] != stamp["body_hash"]
        if probe["present"] and is_altered and (is_young or is_held):
            found.add(("altered", *what))
    return found


def _served(tables: Tables) -> list[Row]:
    """Items of history pages and searches: each is a look at the api that found the message."""
    reads = {row["read"]: row for row in rows(tables, "reads")}
    return [
        {"conv": row["conv"], "seq": row["seq"], "surface": "api", "t_ns": reads[row["read"]]["invoke_ns"],
         "present": True}
        for row in rows(tables, "read_items")
        if row["event"] == "message" and not row["deleted"]
    ]


def _stamps(tables: Tables) -> dict[tuple[int, int], Row]:
    """(conversation, seq) of each message → the server's time, when it was tried and first seen, its body."""
    sends = {row["op"]: row for row in rows(tables, "operations") if row["kind"] == "send"}
    reads = {row["read"]: row for row in rows(tables, "reads")}
    arrivals = [(row, row["t_ns"]) for row in rows(tables, "deliveries")]
    arrivals += [
        (row, reads[row["read"]]["done_ns"])
        for row in rows(tables, "read_items")
        if reads[row["read"]]["kind"] == "history"
    ]
    stamps: dict[tuple[int, int], Row] = {}
    for row, t_ns in arrivals:
        if row["event"] != "message":
            continue
        send, key = sends[row["op"]], (row["conv"], row["seq"])
        known = stamps.setdefault(key, {"server_ts_ns": FOREVER, "seen_ns": FOREVER})
        known |= {
            "server_ts_ns": min(known["server_ts_ns"], row["server_ts_ns"]), "seen_ns": min(known["seen_ns"], t_ns),
            "invoke_ns": send["invoke_ns"], "body_hash": send["body_hash"],
        }
    return stamps


def _server_clock(tables: Tables, stamps: dict[tuple[int, int], Row]) -> tuple[int, int]:
    """How far the server's clock is ahead, at least and at most."""
    if not stamps:
        return 0, 0
    after = max(stamp["server_ts_ns"] - stamp["seen_ns"] for stamp in stamps.values())
    before = min(stamp["server_ts_ns"] - stamp["invoke_ns"] for stamp in stamps.values())
    return min(after, before) - 2 * ERROR_NS, max(after, before) + 2 * ERROR_NS


def _lifetime(tables: Tables, server_ts_ns: int) -> tuple[int, int | None]:
    """Until when a message is young, and from when it must be gone, None for never."""
    policies = rows(tables, "policies")
    ends = [(max(server_ts_ns + row["keep_ns"], row["effective_server_ns"]), row["sweep_bound_ns"])
            for row in policies if row["kind"] == "retention"]
    ends += [(row["effective_server_ns"], row["sweep_bound_ns"])
             for row in policies if row["kind"] == "erase" and row["effective_server_ns"] >= server_ts_ns]
    if not ends:
        return FOREVER, None
    gone_from_ns = min(end + sweep for end, sweep in ends)
    for hold in (row for row in policies if row["kind"] == "hold"):
        released_ns = _release(tables, hold)
        if released_ns == FOREVER:
            return min(end for end, _ in ends), None
        gone_from_ns = max(gone_from_ns, released_ns + hold["sweep_bound_ns"])
    return min(end for end, _ in ends), gone_from_ns


def _release(tables: Tables, hold: Row) -> int:
    """When a hold ends."""
    later = [
        row["effective_server_ns"]
        for row in rows(tables, "policies")
        if row["kind"] == "release" and row["effective_server_ns"] >= hold["effective_server_ns"]
    ]
    return min([*later, FOREVER])


def keys_claimed_twice(tables: Tables) -> set[int]:
    """Keys that two operations got."""
    claims: dict[int, set[int]] = defaultdict(set)
    for row in rows(tables, "keys"):
        if row["action"] == "claim" and row["outcome"] == "ok":
            claims[row["key_id"]].add(row["op"])
    return {key for key, ops in claims.items() if len(ops) > 1}


def lost_items(tables: Tables) -> set[tuple[int, int]]:
    """(device, number) of queued items that never came, though a later one did or the device was there at the end."""
    end_ns = max(row["end_ns"] for row in rows(tables, "phases") if row["phase"] == "drain")
    there = {
        row["dev"] for row in rows(tables, "connections")
        if row["hello_ok_ns"] <= end_ns <= min(row.get(key) or FOREVER for key in ("close_invoke_ns", "close_ns"))
    }
    delivered: dict[int, set[int]] = defaultdict(set)
    for row in rows(tables, "device_queue"):
        if row["action"] == "delivered":
            delivered[row["dev"]].add(row["qseq"])
    return {
        (row["dev"], row["qseq"])
        for row in rows(tables, "device_queue")
        if row["action"] == "enqueued" and row["qseq"] not in delivered[row["dev"]]
        and (max(delivered[row["dev"]], default=0) > row["qseq"] or (row["dev"] in there and row["t_ns"] < end_ns))
    }
