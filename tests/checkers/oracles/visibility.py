"""Naive oracles of who may see what: no-leak, search-sound, search-complete."""

from __future__ import annotations

from tests.checkers.oracles.facts import (
    ERROR_NS,
    Row,
    Span,
    Tables,
    answered,
    first_seen,
    may_spans,
    must_see,
    places,
    rows,
    users,
)

REMOVAL_NS = 2_000_000_000
SEARCH_NS = 50_000_000
"""The search bound that generated histories are judged by."""

Leak = tuple[str, int | None, int | None, int, int]
"""(kind, conversation, seq or subject, device, when)."""


def leaks(tables: Tables) -> set[Leak]:
    """Everything that someone was shown or told and may not see."""
    spans, owners = may_spans(tables, REMOVAL_NS), users(tables)
    reads = {row["read"]: row for row in rows(tables, "reads")}
    found: set[Leak] = set()
    for row in rows(tables, "deliveries"):
        held = spans.get((row["conv"], owners[row["dev"]]), [])
        if row["via"] != "ack" and not _may_see(held, row["seq"], row["t_ns"]):
            found.add(("arrival", row["conv"], row["seq"], row["dev"], row["t_ns"]))
    for row in rows(tables, "read_items"):
        read = reads[row["read"]]
        kind = "search hit" if read["kind"] == "search" else "page item"
        held = spans.get((row["conv"], owners[read["dev"]]), [])
        if not _may_see(held, row["seq"], read["invoke_ns"]):
            found.add((kind, row["conv"], row["seq"], read["dev"], read["invoke_ns"]))
    return found | _hints(tables, spans, owners) | _foreign(tables, reads) | _strangers(tables, spans, owners)


def _may_see(held: list[Span], seq: int, t_ns: int) -> bool:
    return any(span.first <= seq and (seq <= span.last or t_ns <= span.late_ns) for span in held)


def _hints(tables: Tables, spans: dict[tuple[int, int], list[Span]], owners: dict[int, int]) -> set[Leak]:
    """Heads and markers of seqs that were never seen, told to who is no member."""
    told = [("head", row, row["head_seq"]) for row in rows(tables, "heads")]
    told += [("marker", row, max(row["delivered_seq"], row["read_seq"])) for row in rows(tables, "receipts")]
    found = set()
    for kind, row, seq in told:
        held = spans.get((row["conv"], owners[row["dev"]]), [])
        is_member = any(span.from_ns <= row["t_ns"] <= span.late_ns for span in held)
        was_shown = any(span.first <= seq <= span.last for span in held)
        if not is_member and not was_shown and (kind == "head" or seq > 0):
            found.add((kind, row["conv"], seq, row["dev"], row["t_ns"]))
    return found


def _foreign(tables: Tables, reads: dict[int, Row]) -> set[Leak]:
    """Canaries of other conversations."""
    arrived = [(row, row["dev"], row["t_ns"]) for row in rows(tables, "deliveries")]
    paged = [(row, reads[row["read"]]["dev"], reads[row["read"]]["invoke_ns"]) for row in rows(tables, "read_items")]
    return {
        ("canary", row["conv"], row["seq"], dev, t_ns)
        for row, dev, t_ns in arrived + paged
        if row.get("canary_conv") is not None and row["canary_conv"] != row["conv"]
    }


def _strangers(tables: Tables, spans: dict[tuple[int, int], list[Span]], owners: dict[int, int]) -> set[Leak]:
    """Presence of a user with whom no conversation is, or just was, shared."""
    convs = {row["conv"] for row in rows(tables, "conversations")}
    found: set[Leak] = set()
    for row in rows(tables, "presence_seen"):
        watcher, t_ns = owners[row["dev"]], row["t_ns"]
        is_shared = any(
            all(any(span.from_ns <= t_ns <= span.quiet_ns for span in spans.get((conv, user), [])) for user in pair)
            for conv in convs
            for pair in [(watcher, row["subject"])]
        )
        if watcher != row["subject"] and not is_shared:
            found.add(("presence", None, row["subject"], row["dev"], t_ns))
    return found


Hit = tuple[str, int, int, int]
"""(kind, read, conversation, seq)."""


def unsound_hits(tables: Tables) -> set[Hit]:
    """Hits that the asker may not see, that nothing stands behind, or that were not asked for."""
    spans, owners = may_spans(tables, REMOVAL_NS), users(tables)
    operations = {row["op"]: row for row in rows(tables, "operations") if row["kind"] == "send"}
    at = {(operations[op]["conv"], seq): op for op, seq in places(tables).items()}
    seen = first_seen(tables)
    reads = {row["read"]: row for row in rows(tables, "reads") if row["kind"] == "search"}
    found: set[Hit] = set()
    for row in rows(tables, "read_items"):
        if row["read"] not in reads:
            continue
        read, where = reads[row["read"]], (row["conv"], row["seq"])
        send = operations.get(row["op"])
        if not _may_see(spans.get((row["conv"], owners[read["dev"]]), []), row["seq"], read["invoke_ns"]):
            found.add(("hidden", row["read"], *where))
        is_real = where in seen if send is None else (
            send.get("outcome") != "fail" and send["conv"] == row["conv"] and at.get(where, row["op"]) == row["op"]
            and (where not in seen or where in at)
        )
        if not is_real:
            found.add(("does not exist", row["read"], *where))
        if read.get("conv") is not None and read["conv"] != row["conv"]:
            found.add(("not asked for", row["read"], *where))
    return found


def unfound(tables: Tables) -> set[tuple[int, int]]:
    """(walk, send): a complete search for its text, long enough after its ack, by who must see it, lacks it."""
    owners, seqs, acked = users(tables), places(tables), answered(tables)
    hits = {(row["read"], row["conv"], row["seq"]) for row in rows(tables, "read_items")}
    changed = {
        (row["conv"], row["ref_seq"]) for row in rows(tables, "operations")
        if row["kind"] in ("edit", "delete") and row.get("outcome") != "fail"
    }
    found = set()
    for read in rows(tables, "reads"):
        if read["kind"] != "search" or not read.get("complete"):
            continue
        for send in rows(tables, "operations"):
            op = send["op"]
            if send["kind"] != "send" or send.get("body_hash") != read["query_hash"] or op not in seqs:
                continue
            is_due = op in acked and acked[op] + SEARCH_NS + 2 * ERROR_NS < read["invoke_ns"]
            if (
                is_due and send["expect"] != "conflict" and (send["conv"], seqs[op]) not in changed
                and must_see(tables, send["conv"], owners[read["dev"]], seqs[op])
                and (read["read"], send["conv"], seqs[op]) not in hits
            ):
                found.add((read["walk"], op))
    return found
