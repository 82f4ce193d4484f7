"""Naive oracles of order: no-gap, sender-order, real-time-order, same-order-everywhere, causal-order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from tests.checkers.oracles.arrivals import observers
from tests.checkers.oracles.facts import ERROR_NS, FOREVER, Row, Tables, must_see, places, rows, sightings, users
from tests.checkers.oracles.liveness import beginning

Spot = tuple[int, int]
"""(conversation, seq)."""


class Placed(NamedTuple):
    """A send that took effect: the smallest seq under which it was seen, and its first answer, if any."""

    op: int
    dev: int
    conv: int
    seq: int
    invoke_ns: int
    rec_invoke: int
    acked_ns: int | None
    acked_rec: int | None


def placed(tables: Tables) -> list[Placed]:
    """All sends that took effect, but those under a used key."""
    seqs, found = places(tables), []
    for row in rows(tables, "operations"):
        if row["kind"] == "send" and row["op"] in seqs and row["expect"] != "conflict":
            answers = [row] if row.get("outcome") == "ok" and row["resolved_by"] in ("ack", "retry") else []
            answers += [each for each in rows(tables, "attempts")
                        if each["op"] == row["op"] and each.get("outcome") == "ok"]
            found.append(Placed(
                row["op"], row["dev"], row["conv"], seqs[row["op"]], row["invoke_ns"], row["rec_invoke"],
                min((each["done_ns"] for each in answers), default=None),
                min((each["rec_done"] for each in answers), default=None),
            ))
    return found


def jumped(tables: Tables) -> set[tuple[str, int, int, int]]:
    """(skip or lost, device, conversation, seq): owed, jumped over by the stream, or never there below what was."""
    return {*_skips(tables), *_losses(tables)}


def _skips(tables: Tables) -> Iterator[tuple[str, int, int, int]]:
    """Streams that go on above a seq that was owed and had not come."""
    owed = _Owed(tables)
    for (dev, session, conv), stream in _streams(tables).items():
        cursors = [row["from_seq"] for row in rows(tables, "resumes")
                   if (row["session"], row["conv"]) == (session, conv)]
        height = cursors[0] if cursors else stream[0]["seq"]
        for row in stream:
            for seq in range(height + 1, row["seq"]):
                is_new = owed.came.get((dev, conv, seq), FOREVER) > row["rec"]
                if is_new and owed.to(dev, conv, seq) and not told_gap(tables, session, conv, seq):
                    yield "skip", dev, conv, seq
            height = max(row["seq"], height)


def _losses(tables: Tables) -> Iterator[tuple[str, int, int, int]]:
    """What a device with later events lacks at the end."""
    owed = _Owed(tables)
    for session, conv, _ in observers(tables):
        dev = session["dev"]
        top = max((seq for at, of, seq in owed.came if (at, of) == (dev, conv)), default=0)
        for seq in range(beginning(tables, dev, conv) + 1, top):
            if owed.to(dev, conv, seq) and (dev, conv, seq) not in owed.came:
                yield "lost", dev, conv, seq


class _Owed:
    """What is owed to whom, and when each device first got each seq (`came`, by rec)."""

    def __init__(self, tables: Tables) -> None:
        self._tables, self._owners = tables, users(tables)
        self._senders: dict[Spot, int | None] = {}
        for op, conv, seq, _ in sightings(tables):
            known = self._senders.get((conv, seq))
            self._senders[conv, seq] = known if op is None else op if known is None else min(op, known)
        self.came: dict[tuple[int, int, int], int] = {}
        for row in rows(tables, "deliveries"):
            key = row["dev"], row["conv"], row["seq"]
            self.came[key] = min(row["rec"], self.came.get(key, row["rec"]))

    def to(self, dev: int, conv: int, seq: int) -> bool:
        """An event that exists, that its user must see, and that is no send of its own."""
        sender = self._senders.get((conv, seq))
        is_own = sender is not None and sender >> 32 == dev
        return (conv, seq) in self._senders and not is_own and must_see(self._tables, conv, self._owners[dev], seq)


def told_gap(tables: Tables, session: int, conv: int, seq: int) -> bool:
    """Whether the session was told that it would not get it."""
    return any(
        row["session"] == session and row["conv"] == conv and row["from_seq"] <= seq <= row["to_seq"]
        for row in rows(tables, "notices")
    )


def _streams(tables: Tables) -> dict[tuple[int, int, int], list[Row]]:
    """(device, session, conversation) → what came live or by resume, in order."""
    streams: dict[tuple[int, int, int], list[Row]] = defaultdict(list)
    for row in sorted(rows(tables, "deliveries"), key=lambda row: row["rec"]):
        if row["via"] in ("live", "resume"):
            streams[row["dev"], row["session"], row["conv"]].append(row)
    return streams


def inverted_own(tables: Tables) -> set[int]:
    """Sends that stand below one that their device sent before: acknowledged then, or just before on that link."""
    sends = placed(tables)
    found = {
        later.op for later in sends for one in sends
        if (one.dev, one.conv) == (later.dev, later.conv) and one.seq > later.seq
        and one.acked_rec is not None and one.acked_rec < later.rec_invoke
    }
    lines: dict[tuple[int, int, int], list[tuple[int, Placed]]] = defaultdict(list)
    for send in sends:
        tries = [row for row in rows(tables, "attempts") if row["op"] == send.op]
        first = min(tries, key=lambda row: row["rec_invoke"])
        if first.get("outcome") == "ok":
            lines[send.dev, first["session"], send.conv].append((first["rec_invoke"], send))
    for line in lines.values():
        found |= {later.op for (_, one), (_, later) in pairwise(sorted(line)) if one.seq > later.seq}
    return found


def inverted_in_time(tables: Tables) -> set[int]:
    """Sends that stand below one that was acknowledged before they were begun."""
    sends = placed(tables)
    return {
        later.op for later in sends for one in sends
        if one.conv == later.conv and one.seq > later.seq
        and one.acked_ns is not None and one.acked_ns < later.invoke_ns - 2 * ERROR_NS
    }


def opposite(tables: Tables) -> set[tuple[str, int, int, int]]:
    """(stream or read, device, session, send): it comes after one that stands above it for everybody else."""
    seqs = places(tables)
    told: dict[int, int] = {}
    for row in rows(tables, "attempts") + rows(tables, "operations"):
        if row.get("outcome") == "ok" and row.get("ack_seq") and row["op"] in seqs:
            told[row["op"]] = min(row["ack_seq"], told.get(row["op"], row["ack_seq"]))
    found: set[tuple[str, int, int, int]] = set()
    for kind, dev, session, ops in _lines(tables):
        line = [op for op in dict.fromkeys(ops) if op in seqs]
        heights = [told.get(op, seqs[op]) for op in line]
        found |= {
            (kind, dev, session, op)
            for at, op in enumerate(line)
            if any(height > heights[at] for height in heights[:at])
        }
    return found


def _lines(tables: Tables) -> Iterator[tuple[str, int, int, Sequence[int]]]:
    """(kind, device, session, messages in the order seen) of each stream of first sightings and of each read."""
    firsts: dict[tuple[int, int, int], Row] = {}
    for row in sorted(rows(tables, "deliveries"), key=lambda row: row["rec"]):
        if row["via"] in ("live", "resume"):
            firsts.setdefault((row["dev"], row["conv"], row["seq"]), row)
    by_session: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for row in firsts.values():
        if row["event"] == "message":
            by_session[row["dev"], row["session"], row["conv"]].append(row["op"])
    for (dev, session, _), ops in by_session.items():
        yield "stream", dev, session, ops
    for read in rows(tables, "reads"):
        if read["kind"] == "history":
            items = [row for row in rows(tables, "read_items") if row["read"] == read["read"]]
            ops = [row["op"] for row in sorted(items, key=lambda row: row["pos"]) if row["event"] == "message"]
            yield "read", read["dev"], read["session"], ops


def effects_first(tables: Tables) -> set[tuple[int, int, int]]:
    """(send, seq of its cause, observer): the sender had the cause before, and the observer's stream has it after."""
    had: dict[Spot, list[Row]] = defaultdict(list)
    firsts: dict[tuple[int, int, int], Row] = {}
    for row in sorted(rows(tables, "deliveries"), key=lambda row: row["rec"]):
        had[row["dev"], row["conv"]].append(row)
        if row["via"] in ("live", "resume"):
            firsts.setdefault((row["dev"], row["conv"], row["seq"]), row)
    found = set()
    for send in placed(tables):
        causes = {row["seq"] for row in had[send.dev, send.conv] if row["rec"] < send.rec_invoke}
        effects = [row for row in firsts.values() if (row["conv"], row["op"]) == (send.conv, send.op)]
        for effect in effects:
            for seq in causes:
                cause = firsts.get((effect["dev"], send.conv, seq))
                if cause is not None and _is_late(tables, had[effect["dev"], send.conv], effect, cause):
                    found.add((send.op, seq, effect["dev"]))
    return found


def _is_late(tables: Tables, own: Sequence[Row], effect: Row, cause: Row) -> bool:
    """The cause came after its effect, on the same session or live; nobody repaired it before or named it missing."""
    is_after = cause["rec"] > effect["rec"] and (cause["session"] == effect["session"] or cause["via"] == "live")
    was_there = any(
        row["seq"] == cause["seq"] and row["via"] in ("ack", "repair") and row["rec"] < cause["rec"] for row in own
    )
    is_named = any(
        told_gap(tables, row["session"], cause["conv"], cause["seq"]) for row in (effect, cause)
    )
    return is_after and not was_there and not is_named
