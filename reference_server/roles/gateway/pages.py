"""A history page as a reply that fits into one frame, made of the lines that the host encoded once."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import json

from chatproof.protocol import limits
from chatproof.protocol.frames import Cursor, Gap, HistoryOk, Marker
from chatproof.reference_server.ports.host import Page

_encode = json.Encoder().encode
_EVENTS_HERE = b'"events":[]'
_LINE_HEAD, _LINE_TAIL = len(b'{"ev":'), len(b"}")
RESERVED_BYTES = 48 * 1024
"""Kept free in the frame for everything but events: 200 markers and the gaps of a page."""


class Walk(NamedTuple):
    """What a history reply says beside its page. `head` is where the stream ends for this reader."""

    conv: str
    head: Cursor
    markers: tuple[Marker, ...]
    backward: bool


def history_ok(page: Page, walk: Walk) -> bytes:
    """The `ok` of a history reply, encoded. A page above the frame limit is cut, and is not `complete` then."""
    page = _fit(page, limits.MAX_FRAME_BYTES - RESERVED_BYTES, backward=walk.backward)
    gaps = tuple(Gap(walk.conv, *span, "hidden") for span in page.hidden)
    upto = Cursor(walk.head.epoch, page.covered)
    shell = _encode(HistoryOk(walk.conv, (), upto, walk.head, page.complete, gaps, walk.markers))
    before, after = shell.split(_EVENTS_HERE, 1)
    events = b",".join(line[_LINE_HEAD:-_LINE_TAIL] for line in page.lines)
    return b'%b"events":[%b]%b' % (before, events, after)


def _fit(page: Page, budget: int, *, backward: bool) -> Page:
    """The longest part of the page, from where its walk starts, whose events have at most `budget` bytes."""
    lines = page.lines[::-1] if backward else page.lines
    size = kept = 0
    for line in lines:
        size += len(line)
        if kept and size > budget:
            break
        kept += 1
    if kept == len(lines):
        return page
    return _last(page, kept) if backward else _first(page, kept)


def _first(page: Page, kept: int) -> Page:
    covered = page.events[kept - 1].seq
    hidden = tuple(span for span in page.hidden if span[0] < covered)
    return page._replace(
        lines=page.lines[:kept], events=page.events[:kept], hidden=hidden, covered=covered, complete=False
    )


def _last(page: Page, kept: int) -> Page:
    covered = page.events[-kept].seq
    hidden = tuple(span for span in page.hidden if span[1] > covered)
    return page._replace(
        lines=page.lines[-kept:], events=page.events[-kept:], hidden=hidden, covered=covered, complete=False
    )
