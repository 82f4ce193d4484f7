"""The long tables of a generated run, in parts: each part is a stretch of the run, its rows in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.timeline import ACK_NS, KICK_NS, MEMBERS, MS, PUSH_NS, RETRY_NS, SURE_NS, Flags, Ints, Timeline
from benchmarks.writing import Columns, Words, record

PART = 20_000
"""Messages of one part: a million deliveries."""

PHRASE = np.int64(-7046029254386353131)
"""Odd, so that its multiples make different bodies."""

READ_AFTER_NS = 1_100 * MS + 7
BACK_AFTER_NS = 200 * MS
MARKER_NS = 20 * MS + 1
EVERY, EVERY_BACK, EVERY_REFUSED = 10, 100, 1_000
"""Of so many messages one is marked as read, one marked back after that, one accompanied by a refused send."""


def op_of(dev: Ints, number: Ints) -> Ints:
    """Device << 32 | number."""
    return (dev << 32) | number


def body_of(message: Ints) -> Ints:
    """The hash of a message's body."""
    return message * PHRASE


def deliveries(run: Timeline) -> Iterator[Columns]:
    """Every arrival: live, by a resume, or as the sender's ack; parts overlap in time by what comes late."""
    yield _kick_arrivals(run)
    for start in range(0, run.messages.sent_ns.size, PART):
        yield _message_arrivals(run, np.arange(start, min(start + PART, run.messages.sent_ns.size)))


def _message_arrivals(run: Timeline, message: Ints) -> Columns:
    sent_ns, conv, sender, seq, retried = run.messages.part(int(message[0]), int(message[-1]) + 1)
    dev = run.members(conv).ravel()
    rows = np.repeat(np.arange(message.size), MEMBERS)
    kept = np.flatnonzero(~run.is_kicked(conv).ravel())
    dev, rows = dev[kept], rows[kept]
    arrived = run.arrivals(dev, sent_ns[rows], PUSH_NS)
    own = dev == sender[rows]
    acked_ns = (sent_ns + ACK_NS + retried * RETRY_NS)[rows]
    t_ns = np.where(own, acked_ns, arrived.t_ns)
    via = np.where(own, 2, arrived.resumed.astype(np.int64))
    columns = _arrivals(t_ns, dev, np.where(own, run.session_at(dev, acked_ns), arrived.session), conv[rows], seq[rows])
    op = op_of(sender, message * 4)
    return {
        **columns, "msg_id": seq[rows], "op": op[rows], "body_hash": body_of(message)[rows],
        "content_ok": np.ones(dev.size, np.bool_), "event": Words(("message",), np.zeros(dev.size, np.int8)),
        "via": Words(("live", "resume", "ack"), via.astype(np.int8)),
    }


def _kick_arrivals(run: Timeline) -> Columns:
    """Everybody sees the kick; to the one it is about it is the last event."""
    conv = run.kicks()
    dev = run.members(conv).ravel()
    convs = np.repeat(conv, MEMBERS)
    t_ns = np.full(dev.size, KICK_NS + PUSH_NS) + np.repeat(np.arange(conv.size), MEMBERS) * 1_000
    columns = _arrivals(t_ns, dev, dev * 4, convs, np.ones(dev.size, np.int64))
    return {
        **columns, "event": Words(("kick",), np.zeros(dev.size, np.int8)),
        "via": Words(("live",), np.zeros(dev.size, np.int8)),
    }


def _arrivals(t_ns: Ints, dev: Ints, session: Ints, conv: Ints, seq: Ints) -> Columns:
    nothing = np.zeros(dev.size, np.int64)
    return {
        **record(t_ns, dev), "t_ns": t_ns, "dev": dev, "session": session,
        "scope": Words(("conv",), nothing.astype(np.int8)), "view": nothing, "frame": t_ns // 1_000 % (1 << 31),
        "conv": conv, "epoch": nothing + 1, "seq": seq, "shown": np.ones(dev.size, np.bool_),
    }


class Marks(NamedTuple):
    """Markers as their users set them, in the order of time."""

    message: Ints
    conv: Ints
    dev: Ints
    t_ns: Ints
    seq: Ints
    back: Flags


def marks(run: Timeline) -> Marks:
    """Some member marks a message as read; sometimes the same one then marks one before it, which has no effect."""
    message = np.arange(0, run.messages.sent_ns.size, EVERY)
    conv, seq = run.messages.conv[message], run.messages.seq[message]
    dev = run.members(conv)[np.arange(message.size), message // EVERY * 7 % (MEMBERS - 1)]
    t_ns = run.messages.sent_ns[message] + READ_AFTER_NS
    kept = run.is_connected(dev, t_ns) & run.is_connected(dev, t_ns + SURE_NS)
    message, conv, dev, t_ns, seq = (column[kept] for column in (message, conv, dev, t_ns, seq))
    again = np.flatnonzero((message % EVERY_BACK == 0) & (seq > 2))
    order = np.argsort(np.concatenate([t_ns, t_ns[again] + BACK_AFTER_NS]), kind="stable")
    both = np.concatenate([np.arange(message.size), again])[order]
    back = (np.arange(message.size + again.size) >= message.size)[order]
    return Marks(message[both], conv[both], dev[both], t_ns[both] + back * BACK_AFTER_NS, seq[both] - back, back)


def receipts(run: Timeline) -> Iterator[Columns]:
    """Every marker that moved, as each other member saw it."""
    marked = marks(run)
    moved = Marks._make(column[~marked.back] for column in marked)
    for start in range(0, moved.dev.size, PART):
        part = Marks._make(column[start : start + PART] for column in moved)
        dev = run.members(part.conv).ravel()
        rows = np.repeat(np.arange(part.dev.size), MEMBERS)
        kept = np.flatnonzero(~run.is_kicked(part.conv).ravel() & (dev != part.dev[rows]))
        dev, rows = dev[kept], rows[kept]
        seen = run.arrivals(dev, part.t_ns[rows], MARKER_NS)
        yield {
            **record(seen.t_ns, dev), "t_ns": seen.t_ns, "dev": dev, "session": seen.session, "conv": part.conv[rows],
            "user": part.dev[rows], "delivered_seq": part.seq[rows], "read_seq": part.seq[rows],
            "source": Words(("push", "snapshot"), seen.resumed.astype(np.int8)),
        }
