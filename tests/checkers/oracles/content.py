"""Naive oracles of single arrivals: no-phantom, no-aborted-delivery, shown-once, one-id-per-seq."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from tests.checkers.oracles.facts import Row, Tables, rows, users

CHANGES = ("join", "leave", "kick")


class Seen(NamedTuple):
    """An event as anyone saw it; `via` is `read` for a page item and `answer` for an ack or a membership's answer."""

    conv: int
    seq: int
    event: str
    op: int | None
    msg_id: int | None
    body: int | None
    is_intact: bool
    via: str


def seen(tables: Tables) -> Iterator[Seen]:
    """Everything that anyone saw of a conversation's events."""
    history = {row["read"] for row in rows(tables, "reads") if row["kind"] == "history"}
    operations = {row["op"]: row for row in rows(tables, "operations")}
    for row in rows(tables, "deliveries"):
        yield Seen(row["conv"], row["seq"], row["event"], row["op"], row["msg_id"], row["body_hash"],
                   row["content_ok"] is not False, row["via"])
    for row in rows(tables, "read_items"):
        if row["read"] in history:
            yield Seen(row["conv"], row["seq"], row["event"], row["op"], row["msg_id"], row["body_hash"], True, "read")
    for row in rows(tables, "attempts") + rows(tables, "operations"):
        operation = operations[row["op"]]
        if row.get("outcome") == "ok" and row.get("ack_seq") and operation["kind"] != "receipt":
            event = "message" if operation["kind"] == "send" else operation["kind"]
            yield Seen(operation["conv"], row["ack_seq"], event, row["op"], row.get("ack_msg_id"), None, True, "answer")
    for row in rows(tables, "memberships"):
        if row["change"] in CHANGES and row["outcome"] == "ok":
            yield Seen(row["conv"], row["seq"], row["change"], row["op"], None, None, True, "answer")


def phantoms(tables: Tables) -> set[tuple[str, int, int, int | None]]:
    """(kind, conversation, seq, send or None): it arrived or was read, and was never sent like that."""
    sends = _sends(tables)
    edits: dict[tuple[int, int], set[int]] = defaultdict(set)
    for row in rows(tables, "operations"):
        if row["kind"] == "edit":
            edits[row["conv"], row["ref_seq"]].add(row["body_hash"])
    found: set[tuple[str, int, int, int | None]] = set()
    for event in seen(tables):
        if event.via == "answer":
            continue
        if event.event == "message":
            send = sends.get(event.op or -1)
            kind = _strangeness(event, send, edits[event.conv, event.seq])
            if kind:
                found.add((kind, event.conv, event.seq, send["op"] if send else None))
        elif event.event in CHANGES and event.via != "read" and not _is_asked_for(tables, event):
            found.add(("change of membership", event.conv, event.seq, None))
    return found


def _strangeness(event: Seen, send: Row | None, edits: set[int]) -> str:
    """What is wrong with a message, as far as it has a content; empty for nothing."""
    if send is None:
        return "nobody sent it" if event.is_intact else "altered"
    if send["conv"] != event.conv:
        return "sent to another conversation"
    is_other = event.body is not None and event.body != send["body_hash"] and event.body not in edits
    return "altered" if is_other or not event.is_intact else ""


def _is_asked_for(tables: Tables, event: Seen) -> bool:
    """Some change of that kind may have taken this seq; an initial member may have a join of its own."""
    return any(
        row["conv"] == event.conv and row["outcome"] != "fail" and row.get("seq") in (None, event.seq)
        and (row["change"] == event.event or (row["change"], event.event) == ("initial", "join"))
        for row in rows(tables, "memberships")
    )


def aborted(tables: Tables) -> set[int]:
    """Sends that were refused for good, in all attempts, and that somebody else than an ack shows."""
    refused = set()
    for op, send in _sends(tables).items():
        tries = [row for row in rows(tables, "attempts") if row["op"] == op]
        if send.get("outcome") == "fail" and all(row.get("definite") and row["outcome"] == "fail" for row in tries):
            refused.add(op)
    return {
        event.op for event in seen(tables)
        if event.event == "message" and event.op in refused and event.via not in ("answer", "ack")
    }


def shown_twice(tables: Tables) -> set[tuple[str, int, int, tuple[int, ...]]]:
    """(kind, device, conversation, seqs): one seq shown twice, or one message at two seqs."""
    times: dict[tuple[int, int, int], int] = defaultdict(int)
    spots: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    for row in rows(tables, "deliveries"):
        if row["shown"]:
            times[row["dev"], row["conv"], row["seq"]] += 1
            if row["event"] == "message" and row["op"] is not None:
                spots[row["dev"], row["conv"], row["op"]].add(row["seq"])
    same_seq = {("same seq", dev, conv, (seq,)) for (dev, conv, seq), count in times.items() if count > 1}
    same_op = {
        ("same message", dev, conv, tuple(sorted(seqs))) for (dev, conv, _), seqs in spots.items() if len(seqs) > 1
    }
    return same_seq | same_op


def ambiguous(tables: Tables) -> set[tuple[str, int, tuple[int, ...]]]:
    """(kind, conversation, seqs): a seq that is two events, or an id that stands at two seqs."""
    sends, owners = _sends(tables), users(tables)
    keys: dict[tuple[int, int], set[object]] = defaultdict(set)
    ids: dict[tuple[int, int], set[object]] = defaultdict(set)
    events: dict[tuple[int, int], set[object]] = defaultdict(set)
    spots: dict[tuple[int, int], set[int]] = defaultdict(set)
    for event in seen(tables):
        place, send = (event.conv, event.seq), sends.get(event.op or -1)
        events[place].add(event.event)
        if event.event == "message" and send is not None:
            keys[place].add((send["conv"], owners[send["dev"]], send["u"]))
        if event.msg_id is not None:
            ids[place].add(event.msg_id)
        if event.event == "message" and event.msg_id is not None:
            spots[event.conv, event.msg_id].add(event.seq)
    found: set[tuple[str, int, tuple[int, ...]]] = {
        ("two events at one seq", conv, (seq,))
        for sets in (keys, ids, events)
        for (conv, seq), items in sets.items()
        if len(items) > 1
    }
    return found | {
        ("one id at two seqs", conv, tuple(sorted(seqs))) for (conv, _), seqs in spots.items() if len(seqs) > 1
    }


def _sends(tables: Tables) -> dict[int, Row]:
    return {row["op"]: row for row in rows(tables, "operations") if row["kind"] == "send"}
