"""What the clients of a generated run tried: sends, some retried, some refused; markers; kicks; and every attempt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.streams import EVERY_REFUSED, body_of, marks, op_of
from benchmarks.timeline import ACK_NS, KICK_NS, MS, RETRY_NS, Flags, Ints, Timeline
from benchmarks.writing import Columns, Words, constant, rec_of, record

PART = 500_000
REFUSED_NS = 2 * ACK_NS + 5
"""A send that is refused follows another one by so much: like that of markers an odd time, so that none coincide."""

LOST_NS = RETRY_NS - 100 * MS
"""After so long without an ack a client gives an attempt up."""

KINDS = ("send", "receipt", "kick")
SEND, MARK, KICK = range(3)
OUTCOMES = ("ok", "fail", "unknown")
OK, FAIL, UNKNOWN = range(3)


class Operations(NamedTuple):
    """Everything that was tried, in the order of time. `seq`: what was acknowledged or marked, 0 for nothing."""

    op: Ints
    dev: Ints
    conv: Ints
    kind: Ints
    t_ns: Ints
    seq: Ints
    message: Ints
    refused: Flags
    retried: Flags

    def part(self, start: int) -> Operations:
        """`PART` of them from `start` on."""
        return Operations._make(column[start : start + PART] for column in self)


def tried(run: Timeline) -> Operations:
    """All operations of a run."""
    sent_ns, conv, dev, seq, retried = run.messages
    message = np.arange(sent_ns.size, dtype=np.int64)
    sends = _of(SEND, op_of(dev, message * 4), dev, conv, sent_ns, seq, message)._replace(retried=retried)
    some = message[::EVERY_REFUSED]
    refused = _of(
        SEND, op_of(dev[some], some * 4 + 1), dev[some], conv[some], sent_ns[some] + REFUSED_NS, 0 * some, -1 - some
    )
    refused = refused._replace(refused=np.ones(some.size, np.bool_))
    marked = marks(run)
    receipts = _of(
        MARK, op_of(marked.dev, marked.message * 4 + 2 + marked.back), marked.dev, marked.conv, marked.t_ns, marked.seq,
        marked.message,
    )
    kicked = run.kicks()
    owner = run.members(kicked)[:, 0]
    kicks = _of(
        KICK, op_of(owner, (1 << 31) + kicked), owner, kicked, KICK_NS + kicked * 1_000, 1 + 0 * kicked, kicked
    )
    each = [np.concatenate(columns) for columns in zip(kicks, sends, refused, receipts, strict=True)]
    order = np.argsort(each[Operations._fields.index("t_ns")], kind="stable")
    return Operations._make(column[order] for column in each)


def operations(run: Timeline) -> Iterator[Columns]:
    """The table of operations."""
    everything = tried(run)
    for start in range(0, everything.op.size, PART):
        yield _operations(everything.part(start))


def attempts(run: Timeline) -> Iterator[Columns]:
    """The table of attempts: one of each operation, and another one where the first ack was lost."""
    everything = tried(run)
    for start in range(0, everything.op.size, PART):
        part = everything.part(start)
        yield _attempts(run, part, second=False)
        yield _attempts(run, Operations._make(column[part.retried] for column in part), second=True)


def _of(kind: int, op: Ints, dev: Ints, conv: Ints, t_ns: Ints, seq: Ints, message: Ints) -> Operations:
    never = np.zeros(op.size, np.bool_)
    return Operations(op, dev, conv, np.full(op.size, kind), t_ns, seq, message, never, never)


def _operations(part: Operations) -> Columns:
    done_ns = part.t_ns + ACK_NS + part.retried * RETRY_NS
    count, sent, mark = part.op.size, part.kind == SEND, part.kind == MARK
    effective = ~part.refused & ~mark
    return {
        **record(part.t_ns, part.dev), "op": part.op, "dev": part.dev, "conv": part.conv,
        "kind": Words(KINDS, part.kind.astype(np.int8)), "u": _known(pa.array(part.op).cast(pa.string()), sent),
        "body_hash": pa.array(body_of(part.message), mask=~sent), "body_len": pa.array(np.full(count, 80), mask=~sent),
        "ref_seq": pa.array(part.seq, mask=~mark), "marker": Words(("read",), np.where(mark, 0, -1).astype(np.int8)),
        "expect": Words(("ok", "refuse"), part.refused.astype(np.int8)), "intended_ns": part.t_ns,
        "invoke_ns": part.t_ns, "phase": constant("main", count), "rec_invoke": rec_of(part.t_ns, part.dev),
        "done_ns": done_ns, "outcome": Words(OUTCOMES, np.where(part.refused, FAIL, OK).astype(np.int8)),
        "resolved_by": Words(("ack", "retry"), part.retried.astype(np.int8)),
        "code": Words(("too_large",), np.where(part.refused, 0, -1).astype(np.int8)),
        "ack_epoch": pa.array(np.ones(count, np.int64), mask=~effective),
        "ack_seq": pa.array(part.seq, mask=~effective),
        "ack_msg_id": pa.array(part.seq, mask=~(effective & sent)), "rec_done": rec_of(done_ns, part.dev),
    }


def _attempts(run: Timeline, part: Operations, *, second: bool) -> Columns:
    """The first attempt of each, or the second of those that were tried twice."""
    count = part.op.size
    lost = part.retried & (not second)
    t_ns = part.t_ns + RETRY_NS * second
    done_ns = np.where(lost, t_ns + LOST_NS, t_ns + ACK_NS)
    effective = ~part.refused & ~lost & (part.kind != MARK)
    outcome = np.where(part.refused, FAIL, np.where(lost, UNKNOWN, OK))
    return {
        **record(t_ns + 1, part.dev), "op": part.op, "attempt": np.full(count, 1 + second),
        "session": run.session_at(part.dev, t_ns), "transport": constant("ws", count),
        "node": constant("node-0", count), "invoke_ns": t_ns,
        "body_hash": pa.array(body_of(part.message), mask=part.kind != SEND),
        "rec_invoke": rec_of(t_ns + 1, part.dev), "done_ns": done_ns,
        "outcome": Words(OUTCOMES, outcome.astype(np.int8)),
        "code": Words(("too_large",), np.where(part.refused, 0, -1).astype(np.int8)), "definite": part.refused,
        "ack_epoch": pa.array(np.ones(count, np.int64), mask=~effective),
        "ack_seq": pa.array(part.seq, mask=~effective),
        "ack_msg_id": pa.array(part.seq, mask=~(effective & (part.kind == SEND))),
        "duplicate": np.full(count, second), "rec_done": rec_of(done_ns, part.dev),
    }


def _known(values: pa.Array[Any], known: Flags) -> pa.Array[Any]:
    """The values, NULL where they are not known."""
    kept: pa.Array[Any] = pc.if_else(pa.array(known), values, pa.scalar(None, pa.string()))
    return kept
