"""What was read at the end of a generated run: each conversation twice from its beginning, with two page sizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from benchmarks.streams import body_of, op_of
from benchmarks.timeline import MS, SECOND, Ints, Timeline, has_kick
from benchmarks.writing import Columns, Words, constant, rec_of, record

PAGES = (50, 200)
PART = 250
"""Conversations of one part."""


class _Walk(NamedTuple):
    """The pages of one walk through some conversations."""

    conv: Ints
    number: Ints
    limit: int
    read: Ints
    walk: Ints
    dev: Ints
    t_ns: Ints


def reads(run: Timeline) -> Iterator[Columns]:
    """A row for each page."""
    heads = _heads(run)
    for walk in _walks(run, heads):
        first = walk.number * walk.limit
        last = np.minimum(first + walk.limit, heads[walk.conv])
        done_ns = walk.t_ns + MS
        yield {
            **record(walk.t_ns, walk.dev), "read": walk.read, "walk": walk.walk, "dev": walk.dev,
            "session": walk.dev * 4 + 2, "kind": constant("history", walk.dev.size),
            "purpose": constant("audit", walk.dev.size), "conv": walk.conv, "dir": constant("forward", walk.dev.size),
            "page_limit": np.full(walk.dev.size, walk.limit), "cursor": pa.array(first).cast(pa.string()),
            "invoke_ns": walk.t_ns, "rec_invoke": rec_of(walk.t_ns, walk.dev), "done_ns": done_ns,
            "outcome": constant("ok", walk.dev.size), "from_seq": first + 1, "to_seq": last,
            "complete": last == heads[walk.conv], "rec_done": rec_of(done_ns, walk.dev),
        }


def read_items(run: Timeline) -> Iterator[Columns]:
    """A row for each event of each page."""
    heads = _heads(run)
    order = np.lexsort((run.messages.seq, run.messages.conv))
    starts = np.searchsorted(run.messages.conv[order], np.arange(run.conversations))
    for walk in _walks(run, heads):
        size = np.minimum(walk.limit, heads[walk.conv] - walk.number * walk.limit)
        page = np.repeat(np.arange(size.size), size)
        pos = np.arange(page.size) - np.repeat(np.cumsum(size) - size, size)
        conv, seq = walk.conv[page], walk.number[page] * walk.limit + pos + 1
        ahead = has_kick(conv).astype(np.int64)
        is_kick = seq <= ahead
        message = order[np.where(is_kick, 0, starts[conv] + seq - 1 - ahead)]
        t_ns = walk.t_ns[page] + pos
        yield {
            **record(t_ns, walk.dev[page]), "read": walk.read[page], "pos": pos, "conv": conv, "epoch": 1 + 0 * pos,
            "seq": seq, "msg_id": pa.array(seq, mask=is_kick),
            "event": Words(("message", "kick"), is_kick.astype(np.int8)),
            "op": pa.array(op_of(run.messages.dev[message], message * 4), mask=is_kick),
            "body_hash": pa.array(body_of(message), mask=is_kick), "deleted": np.zeros(pos.size, np.bool_),
        }


def _heads(run: Timeline) -> Ints:
    conv = np.arange(run.conversations, dtype=np.int64)
    return run.heads(conv, np.full(conv.size, run.end_ns))


def _walks(run: Timeline, heads: Ints) -> Iterator[_Walk]:
    """Some conversations at a time, once by each page size; a page takes two milliseconds."""
    begun = run.end_ns + 10 * SECOND
    for start in range(0, run.conversations, PART):
        convs = np.arange(start, min(start + PART, run.conversations), dtype=np.int64)
        for which, limit in enumerate(PAGES):
            pages = np.maximum(-(-heads[convs] // limit), 1)
            conv = np.repeat(convs, pages)
            number = np.arange(conv.size) - np.repeat(np.cumsum(pages) - pages, pages)
            walk = conv * 2 + which
            t_ns = begun + np.arange(conv.size) * 2 * MS
            begun += conv.size * 2 * MS
            yield _Walk(conv, number, limit, walk * (1 << 20) + number, walk, run.members(conv)[:, 0], t_ns)
