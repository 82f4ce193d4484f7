"""Naive oracles of what was written, counted and changed: read-your-writes, exact-unread, no-resurrection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from tests.checkers.oracles.arrivals import drain_ns, observers
from tests.checkers.oracles.facts import ERROR_NS, FOREVER, Row, Tables, must_see, must_spans, places, rows, users
from tests.checkers.oracles.orders import placed

REST_NS = 500_000_000
"""How long nothing must have happened before a count of generated histories is judged."""


def lacking(tables: Tables) -> set[tuple[int, int, int]]:
    """(send, device, when): a page with the position of the device's own ack covers its seq and lacks it."""
    owners, found = users(tables), set()
    for read in rows(tables, "reads"):
        if read["kind"] != "history" or read["outcome"] != "ok":
            continue
        items = [row for row in rows(tables, "read_items") if row["read"] == read["read"]]
        last = FOREVER if read["complete"] else read["to_seq"]
        for send in placed(tables):
            is_own = (send.dev, send.conv) == (read["dev"], read["conv"])
            is_written = send.acked_rec is not None and send.acked_rec < read["rec_invoke"]
            is_covered = send.seq <= read["min_seq"] and read["from_seq"] <= send.seq <= last
            is_there = any(row["op"] == send.op or row["seq"] == send.seq for row in items)
            is_seen = must_see(tables, send.conv, owners[send.dev], send.seq)
            if is_own and is_written and is_covered and is_seen and not is_there:
                found.add((send.op, send.dev, read["done_ns"]))
    return found


def miscounted(tables: Tables) -> set[int]:
    """Reads whose count is none of those that anyone might get by counting, at rest."""
    reads, owners, found = {row["read"]: row for row in rows(tables, "reads")}, users(tables), set()
    for count in rows(tables, "unread"):
        conv, user = count["conv"], owners[count["dev"]]
        done = [row.get("done_ns", row["invoke_ns"]) for row in rows(tables, "operations") if row["conv"] == conv]
        is_at_rest = max(done, default=0) + REST_NS + 2 * ERROR_NS <= reads[count["read"]]["invoke_ns"]
        is_member = must_spans(tables, conv, user)[-1][1] == FOREVER
        if is_at_rest and is_member and count["unread"] not in _right_counts(tables, conv, user):
            found.add(count["read"])
    return found


def _right_counts(tables: Tables, conv: int, user: int) -> range:
    """From what must be counted to what may be: what has no outcome is there or not."""
    owners = users(tables)
    operations = [row for row in rows(tables, "operations") if row["conv"] == conv and row.get("outcome") != "fail"]
    marks = [row for row in operations if row["kind"] == "receipt" and owners[row["dev"]] == user]
    acked = max((row["ref_seq"] for row in marks if row["outcome"] == "ok"), default=0)
    tried = max((row["ref_seq"] for row in marks), default=0)
    deletes = {row["ref_seq"]: row["outcome"] == "ok" for row in operations if row["kind"] == "delete"}
    senders = {seq: owners[op >> 32] for op, seq in places(tables).items()
               if any(row["op"] == op for row in operations)}
    unread = [seq for seq, sender in senders.items() if sender != user and must_see(tables, conv, user, seq)]
    least = sum(seq > tried and seq not in deletes for seq in unread)
    most = sum(seq > acked and not deletes.get(seq, False) for seq in unread)
    seen = places(tables)
    hidden = sum(row["kind"] == "send" and row["op"] not in seen and owners[row["dev"]] != user for row in operations)
    return range(least, most + hidden + 1)


class _Change(NamedTuple):
    """An edit or delete of the message at `ref_seq`; `seq` is its own, where anyone saw it."""

    row: Row
    worker: int
    ref_seq: int
    seq: int | None

    @property
    def is_acked(self) -> bool:
        return bool(self.row.get("outcome") == "ok")


def resurrected(tables: Tables) -> set[tuple[object, ...]]:
    """(kind, change, device, when) of each old body; (kind, conversation, seq) of what devices differ on."""
    return {*_old_bodies(tables), *_disagreements(tables)}


def _changes(tables: Tables) -> list[_Change]:
    workers = {row["dev"]: row["worker"] for row in rows(tables, "devices")}
    spots = {row["op"]: row["seq"] for row in rows(tables, "deliveries") if row["event"] in ("edit", "delete")}
    return [
        _Change(row, workers[row["dev"]], row["ref_seq"], row.get("ack_seq") or spots.get(row["op"]))
        for row in rows(tables, "operations")
        if row["kind"] in ("edit", "delete") and row.get("outcome") != "fail"
    ]


def _old_bodies(tables: Tables) -> Iterator[tuple[object, ...]]:
    changes = _changes(tables)
    workers = {row["dev"]: row["worker"] for row in rows(tables, "devices")}
    for conv, seq, body, dev, begun_ns, begun_rec, t_ns in _views(tables):
        bodies = list(_bodies(tables, changes, conv, seq))
        for change in changes:
            if (change.row["conv"], change.ref_seq) != (conv, seq) or not change.is_acked:
                continue
            is_later = begun_ns > change.row["done_ns"] + 2 * ERROR_NS
            if workers[dev] == change.worker:
                is_later = begun_rec > change.row["rec_done"]
            made = [made_seq for text, made_seq in bodies if text == body]
            newest = max((FOREVER if at is None else at for at in made), default=FOREVER)
            if is_later and change.row["kind"] == "delete":
                yield "body after a delete", change.row["op"], dev, t_ns
            elif is_later and change.seq is not None and newest < change.seq:
                yield "old body after an edit", change.row["op"], dev, t_ns


def _views(tables: Tables) -> Iterator[tuple[int, int, int, int, int, int, int]]:
    """(conversation, seq, body, device, when and at which rec it was begun, when it was there) of messages."""
    reads = {row["read"]: row for row in rows(tables, "reads") if row["kind"] == "history"}
    for row in rows(tables, "read_items"):
        read = reads.get(row["read"])
        if read is not None and row["event"] == "message" and row["body_hash"] is not None:
            yield (row["conv"], row["seq"], row["body_hash"], read["dev"], read["invoke_ns"], read["rec_invoke"],
                   read["done_ns"])
    resumes = {(row["session"], row["conv"]): row for row in rows(tables, "resumes")}
    for row in rows(tables, "deliveries"):
        if row["via"] == "resume" and row["event"] == "message" and row["body_hash"] is not None:
            begun = resumes[row["session"], row["conv"]]
            yield (row["conv"], row["seq"], row["body_hash"], row["dev"], begun["invoke_ns"], begun["rec"], row["t_ns"])


def _bodies(tables: Tables, changes: list[_Change], conv: int, seq: int) -> Iterator[tuple[int, int | None]]:
    """Every body that the message at a seq ever had, and the seq that made it so."""
    seqs = places(tables)
    for row in rows(tables, "operations"):
        if row["kind"] == "send" and row["conv"] == conv and seqs.get(row["op"]) == seq:
            yield row["body_hash"], seq
    for change in changes:
        if change.row["kind"] == "edit" and (change.row["conv"], change.ref_seq) == (conv, seq):
            yield change.row["body_hash"], change.seq


def _disagreements(tables: Tables) -> Iterator[tuple[object, ...]]:
    """Messages, changed before drain began, of which devices that are there at the end show different things."""
    owners, changes = users(tables), _changes(tables)
    for conv, ref_seq in {(change.row["conv"], change.ref_seq) for change in changes}:
        of_it = [change for change in changes if (change.row["conv"], change.ref_seq) == (conv, ref_seq)]
        shown: dict[int, list[tuple[int, int, int | None]]] = defaultdict(list)
        for row in rows(tables, "deliveries"):
            is_it = row["conv"] == conv and ref_seq == (row["seq"] if row["event"] == "message" else row["ref_seq"])
            is_said = row["event"] in ("message", "delete") or row["body_hash"] is not None
            if is_it and row["shown"] and is_said:
                body = None if row["event"] == "delete" else row["body_hash"]
                shown[row["dev"]].append((row["version"] or row["seq"], row["rec"], body))
        for change in of_it:
            if change.is_acked and change.seq is not None:
                body = change.row["body_hash"] if change.row["kind"] == "edit" else None
                shown[change.row["dev"]].append((change.seq, change.row["rec_done"], body))
        last = {
            max(shown[row["dev"]])[2]
            for row, of, _ in observers(tables)
            if of == conv and row["dev"] in shown and must_spans(tables, conv, owners[row["dev"]])[-1][0] <= ref_seq
        }
        if len(last) > 1 and max(change.row["done_ns"] for change in of_it) <= drain_ns(tables)[0]:
            yield "devices disagree", conv, ref_seq
