"""What naive oracles share: rows, who is who, and what may and must be seen. Plain Python over single-epoch tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

Row = dict[str, Any]
Tables = dict[str, list[Row]]
FOREVER = 2**62
ERROR_NS = 1_000_000
"""The clock error that a run without bounds of its own is judged by."""


class Span(NamedTuple):
    """Seqs that a user may see. `late_ns`: so long later ones may still come; `quiet_ns`: the same of presence."""

    first: int
    last: int
    from_ns: int
    late_ns: int
    quiet_ns: int


def rows(tables: Tables, name: str) -> list[Row]:
    """The rows of a table; a script in which nothing of the kind happened has none."""
    return tables.get(name, [])


def users(tables: Tables) -> dict[int, int]:
    """Device → user."""
    return {row["dev"]: row["user"] for row in rows(tables, "devices")}


def places(tables: Tables) -> dict[int, int]:
    """Send → the smallest seq under which anyone saw it."""
    found: dict[int, int] = {}
    for op, _, seq, _ in sightings(tables):
        if op is not None:
            found[op] = min(seq, found.get(op, seq))
    return found


def sightings(tables: Tables) -> Iterator[tuple[int | None, int, int, int]]:
    """(send or None, conversation, seq, when) of everything that anyone saw of an event."""
    operations = {row["op"]: row for row in rows(tables, "operations")}
    sends = {op for op, row in operations.items() if row["kind"] == "send"}
    reads = {row["read"]: row for row in rows(tables, "reads") if row["kind"] == "history"}
    for row in rows(tables, "deliveries"):
        yield row["op"] if row["op"] in sends else None, row["conv"], row["seq"], row["t_ns"]
    for row in rows(tables, "read_items"):
        if row["read"] in reads:
            op = row["op"] if row["op"] in sends else None
            yield op, row["conv"], row["seq"], reads[row["read"]]["done_ns"]
    for row in rows(tables, "attempts") + rows(tables, "operations"):
        operation = operations[row["op"]]
        is_change = operation["kind"] in ("send", "edit", "delete", "join", "leave", "kick")
        if is_change and row.get("outcome") == "ok" and row.get("ack_seq"):
            yield row["op"] if row["op"] in sends else None, operation["conv"], row["ack_seq"], row["done_ns"]
    for row in rows(tables, "memberships"):
        if row["change"] != "initial" and row["outcome"] == "ok":
            yield None, row["conv"], row["seq"], row["done_ns"]


def first_seen(tables: Tables) -> dict[tuple[int, int], int]:
    """(conversation, seq) → when anyone first saw an event there."""
    seen: dict[tuple[int, int], int] = {}
    for _, conv, seq, t_ns in sightings(tables):
        seen[conv, seq] = min(t_ns, seen.get((conv, seq), t_ns))
    return seen


def answered(tables: Tables) -> dict[int, int]:
    """Send → when it was first answered ok."""
    first: dict[int, int] = {}
    for row in rows(tables, "attempts"):
        if row.get("outcome") == "ok":
            first[row["op"]] = min(row["done_ns"], first.get(row["op"], FOREVER))
    return first


def memberships(tables: Tables) -> dict[tuple[int, int], list[Row]]:
    """(conversation, user) → its changes, in the order of the log."""
    changes: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in sorted(rows(tables, "memberships"), key=lambda row: row.get("seq") or 0):
        changes[row["conv"], row["user"]].append(row)
    return changes


def may_spans(tables: Tables, removal_ns: int) -> dict[tuple[int, int], list[Span]]:
    """(conversation, user) → what it may see: the model's changes all have an answer and a seq."""
    spans: dict[tuple[int, int], list[Span]] = {}
    for key, changes in memberships(tables).items():
        held: list[Span] = []
        for row in changes:
            if row["change"] in ("initial", "join"):
                held.append(Span(row.get("seq") or 0, FOREVER, row["invoke_ns"], FOREVER, FOREVER))
            else:
                late_ns = row["done_ns"] + 2 * ERROR_NS
                held[-1] = held[-1]._replace(last=row["seq"], late_ns=late_ns, quiet_ns=late_ns + removal_ns)
        spans[key] = held
    return spans


def must_spans(tables: Tables, conv: int, user: int) -> list[tuple[int, int]]:
    """[first, last) seqs of each membership: up to the removal, which itself nobody is owed."""
    spans: list[tuple[int, int]] = []
    for row in memberships(tables).get((conv, user), []):
        if row["change"] in ("initial", "join"):
            spans.append((row.get("seq") or 0, FOREVER))
        else:
            spans[-1] = (spans[-1][0], row["seq"])
    return spans


def must_see(tables: Tables, conv: int, user: int, seq: int) -> bool:
    """Whether the user must see it."""
    return any(first <= seq < last for first, last in must_spans(tables, conv, user))
