"""Naive oracles of what is stored: durable-ack, stable-history, dense-ids."""

from __future__ import annotations

from typing import NamedTuple

from tests.checkers.oracles.facts import (
    ERROR_NS,
    FOREVER,
    Row,
    Tables,
    answered,
    first_seen,
    must_see,
    places,
    rows,
    users,
)


class _Walk(NamedTuple):
    """One complete audit walk: who, of what, from when, by which page size, and the seqs that it returned."""

    walk: int
    conv: int
    user: int
    begun_ns: int
    page: int
    seqs: frozenset[int]


def _walks(tables: Tables) -> list[_Walk]:
    owners, walks = users(tables), []
    audits = [row for row in rows(tables, "reads") if row["kind"] == "history" and row["purpose"] == "audit"]
    for walk in sorted({row["walk"] for row in audits}):
        pages = [row for row in audits if row["walk"] == walk]
        if any(page["complete"] for page in pages):
            reads = {page["read"] for page in pages}
            seqs = frozenset(row["seq"] for row in rows(tables, "read_items") if row["read"] in reads)
            first = pages[0]
            walks.append(_Walk(walk, first["conv"], owners[first["dev"]], min(page["invoke_ns"] for page in pages),
                               first["page_limit"], seqs))
    return walks


def unstable(tables: Tables) -> set[tuple[int, int]]:
    """(walk, seq): another walk returned it, it was known before this one began, and this one lacks it."""
    walks, known = _walks(tables), first_seen(tables)
    return {
        (walk.walk, seq)
        for walk in walks
        for other in walks
        for seq in other.seqs - walk.seqs
        if walk.conv == other.conv and must_see(tables, walk.conv, walk.user, seq)
        and known[walk.conv, seq] < walk.begun_ns - 2 * ERROR_NS
    }


def holes(tables: Tables) -> set[tuple[int, int]]:
    """(conversation, seq) at or below the head, by the last walk through it, where nobody ever saw an event."""
    known, found = first_seen(tables), set()
    last = {walk.conv: walk for walk in sorted(_walks(tables), key=lambda walk: (walk.begun_ns, walk.walk))}
    for conv, walk in last.items():
        tops = [seq for (at, seq), t_ns in known.items() if at == conv and t_ns < walk.begun_ns - 2 * ERROR_NS]
        tops += [row["head_seq"] for row in rows(tables, "heads")
                 if row["conv"] == conv and row["t_ns"] < walk.begun_ns - 2 * ERROR_NS]
        for seq in range(1, max(tops, default=0) + 1):
            if (conv, seq) not in known and must_see(tables, conv, walk.user, seq):
                found.add((conv, seq))
    return found


def gone_acks(tables: Tables) -> set[int]:
    """Operations that were acknowledged before a kill, and that no read after it returned."""
    reads = {row["read"]: row for row in rows(tables, "reads") if row["kind"] == "history"}
    sends = {row["op"] for row in rows(tables, "operations") if row["kind"] == "send"}
    found = set()
    for event, op, conv, seq, acked_ns in _acknowledged(tables):
        kills = [row for row in rows(tables, "faults") if row["start_confirmed_ns"] >= acked_ns]
        if not kills:
            continue
        kill = min(kills, key=lambda row: row["start_confirmed_ns"])
        ready_ns = _ready_ns(tables, kill)
        pages = {walk.page for walk in _walks(tables) if walk.conv == conv and walk.begun_ns > ready_ns
                 and must_see(tables, conv, walk.user, seq)}
        is_there = any(
            row["op"] == op or (row["conv"] == conv and row["seq"] == seq and row["event"] == event
                                and row["op"] not in sends)
            for row in rows(tables, "read_items")
            if row["read"] in reads and reads[row["read"]]["invoke_ns"] > kill["start_confirmed_ns"]
        )
        if len(pages) >= 2 and not is_there:
            found.add(op)
    return found


def _acknowledged(tables: Tables) -> list[tuple[str, int, int, int, int]]:
    """(event, operation, conversation, seq, when answered) of messages and changes of membership."""
    operations, acked, seqs = {row["op"]: row for row in rows(tables, "operations")}, answered(tables), places(tables)
    found = [
        ("message", op, operations[op]["conv"], seqs[op], acked[op])
        for op in acked
        if op in seqs and operations[op]["expect"] != "conflict"
    ]
    return found + [
        (row["change"], row["op"], row["conv"], row["seq"], row["done_ns"])
        for row in rows(tables, "memberships")
        if row["change"] != "initial"
    ]


def _ready_ns(tables: Tables, kill: Row) -> int:
    ready = [row["t_ns"] for row in rows(tables, "processes")
             if row["event"] == "ready" and row["t_ns"] >= kill["start_confirmed_ns"]]
    return min([*ready, FOREVER])
