"""Who took part in a generated run, and when: devices, members, sessions, what they resumed, presence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from benchmarks.streams import op_of
from benchmarks.timeline import (
    ACK_NS,
    CONNECTED_NS,
    HELLO_NS,
    KICK_NS,
    MEMBERS,
    MS,
    RESUME_NS,
    SECOND,
    Flags,
    Ints,
    Timeline,
)
from benchmarks.writing import WORKERS, Columns, Words, constant, rec_of, record

WATCHED = 20
"""Each device watches so many neighbours, who share conversations with it."""

SEEN_NS = 100 * MS
SNAPSHOT_NS = 500 * MS


def devices(run: Timeline) -> Iterator[Columns]:
    """One device for each user."""
    dev = np.arange(run.users, dtype=np.int64)
    yield {
        "dev": dev, "user": dev, "workspace": 0 * dev, "worker": dev % WORKERS, "link": constant("link-0", dev.size),
        "persona": constant("chatty", dev.size), "plane": constant("load", dev.size),
    }


def conversations(run: Timeline) -> Iterator[Columns]:
    """Groups whose members see what came after their join."""
    conv = np.arange(run.conversations, dtype=np.int64)
    yield {
        "conv": conv, "target_id": pa.array(conv).cast(pa.string()), "workspace": 0 * conv,
        "kind": constant("group", conv.size), "history_policy": constant("since_join", conv.size),
        "encrypted": np.zeros(conv.size, np.bool_),
    }


def memberships(run: Timeline) -> Iterator[Columns]:
    """Everybody is provisioned; in every tenth conversation the owner removes the last one."""
    conv, user = _pairs(run)
    nobody = np.zeros(conv.size, np.int64)
    yield {
        "worker": user % WORKERS, "rec": 1 + np.arange(conv.size), "conv": conv, "user": user,
        "change": constant("initial", conv.size), "op": nobody,
        "role": Words(("owner", "member"), np.where(user == run.members(conv)[:, 0], 0, 1).astype(np.int8)),
        "invoke_ns": nobody, "done_ns": nobody, "outcome": constant("ok", conv.size),
    }
    kicked = run.kicks()
    owner, user = run.members(kicked)[:, 0], run.members(kicked)[:, MEMBERS - 1]
    t_ns = KICK_NS + kicked * 1_000
    yield {
        **record(t_ns + 2, owner), "conv": kicked, "user": user, "change": constant("kick", kicked.size),
        "op": op_of(owner, (1 << 31) + kicked), "role": constant("member", kicked.size), "invoke_ns": t_ns,
        "done_ns": t_ns + ACK_NS, "outcome": constant("ok", kicked.size), "seq": 1 + 0 * kicked,
        "seq_source": constant("ack", kicked.size),
    }


def spans(run: Timeline) -> tuple[tuple[Ints, Ints], ...]:
    """(connected, disconnected) of each device, for each of its three sessions; the last one lasts."""
    dev = np.arange(run.users, dtype=np.int64)
    (left, back), (killed, late) = run.gaps
    first = CONNECTED_NS + dev * 1_000
    return (first, left), (back, killed), (late, np.full(run.users, run.end_ns + 30 * SECOND))


def connections(run: Timeline) -> Iterator[Columns]:
    """Three sessions each: left by the client, cut by the kill, and until the end."""
    dev = np.arange(run.users, dtype=np.int64)
    ends = (("client", "clean"), ("server", "kill"), ("client", "clean"))
    for number, ((begun, over), (by, kind)) in enumerate(zip(spans(run), ends, strict=True)):
        yield {
            **record(begun, dev), "session": dev * 4 + number, "dev": dev, "link": constant("link-0", dev.size),
            "node": constant("node-0", dev.size), "incarnation": np.full(dev.size, 1 + number // 2),
            "connect_ns": begun, "hello_ok_ns": begun + HELLO_NS, "close_ns": over, "close_by": constant(by, dev.size),
            "close_kind": constant(kind, dev.size),
        }


def subscriptions(run: Timeline) -> Iterator[Columns]:
    """Every session follows every conversation that its user is in."""
    conv, dev = _pairs(run, without_kicked=True)
    for number, (begun, over) in enumerate(spans(run)):
        t_ns = begun[dev] + RESUME_NS
        yield {
            **record(t_ns, dev), "rec": _rec_in(t_ns, dev, conv), "dev": dev, "session": dev * 4 + number, "conv": conv,
            "from_ns": t_ns, "from_rec": rec_of(t_ns, dev), "level": constant("live", dev.size), "to_ns": over[dev],
            "to_rec": rec_of(over[dev], dev),
        }


def heads(run: Timeline) -> Iterator[Columns]:
    """What each device is told: nothing yet when it first subscribes, everything at the end."""
    conv, dev = _pairs(run)
    t_ns = spans(run)[0][0][dev] + RESUME_NS
    yield _heads(t_ns, dev, dev * 4, conv, np.zeros(dev.size, np.int64), "resume")
    conv, dev = _pairs(run, without_kicked=True)
    t_ns = np.full(dev.size, run.end_ns + 6 * SECOND)
    yield _heads(t_ns, dev, dev * 4 + 2, conv, run.heads(conv, t_ns), "pong")


def _heads(t_ns: Ints, dev: Ints, session: Ints, conv: Ints, head_seq: Ints, source: str) -> Columns:
    return {
        "worker": dev % WORKERS, "rec": _rec_in(t_ns, dev, conv), "t_ns": t_ns, "dev": dev, "session": session,
        "conv": conv, "epoch": 1 + 0 * dev, "head_seq": head_seq, "source": constant(source, dev.size),
    }


def resumes(run: Timeline) -> Iterator[Columns]:
    """After each gap every stream goes on from where it was."""
    conv, dev = _pairs(run, without_kicked=True)
    for number, (left, back) in enumerate(run.gaps):
        t_ns = back[dev] + RESUME_NS
        own = run.heads(conv, left[dev] - _in_flight(dev))
        frontier = run.heads(conv, t_ns)
        yield {
            "worker": dev % WORKERS, "rec": _rec_in(t_ns, dev, conv), "session": dev * 4 + number + 1, "conv": conv,
            "from_seq": own, "epoch": 1 + 0 * dev, "own_contiguous_seq": own, "invoke_ns": t_ns,
            "frontier_seq": frontier, "live_ns": t_ns + 4 * MS, "live_rec": rec_of(t_ns + 4 * MS, dev),
            "upto_seq": frontier, "outcome": constant("recovered", dev.size),
        }


def presence_truth(run: Timeline) -> Iterator[Columns]:
    """Online in each session, offline between them."""
    dev = np.arange(run.users, dtype=np.int64)
    causes = ("clean_close", "kill")
    for number, (begun, over) in enumerate(spans(run)):
        online_ns = begun + HELLO_NS
        yield _truth(dev, 3 * number, begun, online_ns, "either", "hello")
        yield _truth(dev, 3 * number + 1, online_ns, over, "online", "hello")
        if number < len(causes):
            yield _truth(dev, 3 * number + 2, over, run.gaps[number][1], "offline", causes[number])


def _truth(dev: Ints, number: int, from_ns: Ints, to_ns: Ints, state: str, cause: str) -> Columns:
    return {
        **record(from_ns, dev), "change": dev * 16 + number, "user": dev, "dev": dev,
        "state": constant(state, dev.size), "from_ns": from_ns, "cause": constant(cause, dev.size), "to_ns": to_ns,
    }


def presence_seen(run: Timeline) -> Iterator[Columns]:
    """A snapshot at the beginning of each session, and each change of a neighbour that is seen live."""
    dev = np.repeat(np.arange(run.users, dtype=np.int64), WATCHED)
    subject = (dev + np.tile(np.arange(1, WATCHED + 1), run.users)) % run.users
    (left, back), (_, late) = run.gaps
    for number, (begun, _) in enumerate(spans(run)):
        t_ns = np.where(begun[dev] < MS * 1_500, 2 * SECOND + dev * 1_000, begun[dev] + SNAPSHOT_NS)
        away = (late[subject] > t_ns) if number == 2 else np.zeros(dev.size, np.bool_)
        yield _seen(t_ns, dev, subject, dev * 4 + number, ~away, "snapshot", run)
    for t_ns, online in ((left[subject], False), (back[subject], True)):
        yield _seen(t_ns + SEEN_NS, dev, subject, run.session_at(dev, t_ns), np.full(dev.size, online), "push", run)
    returned = np.flatnonzero(late[subject] > late[dev] + SNAPSHOT_NS)
    dev, subject = dev[returned], subject[returned]
    t_ns = late[subject] + SEEN_NS
    yield _seen(t_ns, dev, subject, dev * 4 + 2, np.ones(dev.size, np.bool_), "push", run)


def _seen(
    t_ns: Ints, dev: Ints, subject: Ints, session: Ints, online: Flags, source: str, run: Timeline
) -> Columns:
    return {
        "worker": dev % WORKERS, "rec": _rec_in(t_ns, dev, subject), "t_ns": t_ns, "dev": dev, "session": session,
        "subject": subject, "state": Words(("offline", "online"), online.astype(np.int8)),
        "incarnation": np.where(t_ns > run.kill_ns, 2, 1), "ver": t_ns // MS, "source": constant(source, dev.size),
    }


def _pairs(run: Timeline, *, without_kicked: bool = False) -> tuple[Ints, Ints]:
    """(conversation, device) of every membership, or of those that last."""
    conv = np.arange(run.conversations, dtype=np.int64)
    kept = ~run.is_kicked(conv).ravel() if without_kicked else np.ones(conv.size * MEMBERS, np.bool_)
    return np.repeat(conv, MEMBERS)[kept], run.members(conv).ravel()[kept]


def _in_flight(dev: Ints) -> Ints:
    """What a device has at an instant was sent so long before."""
    return 5 * MS + dev * 1_000


def _rec_in(t_ns: Ints, dev: Ints, thing: Ints) -> Ints:
    """A record number for rows of one device at one instant: they differ by the thing they are about."""
    return rec_of(t_ns + thing, dev)
