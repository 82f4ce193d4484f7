"""The position that a returning device is given passes events that its read could not see yet.

Seen in: matrix-org/synapse#14158, where the stream position moved past events that another worker had not written.
Replaces: the resume. It reads from a view that is `LAG_MS` behind the log, promises the log's position, and takes
whatever the view lacks below that position for something that this reader may not see.
Caught by: no-lost-message. The device is told of a hidden gap instead of the message, so it never asks again; devices
that stayed connected have the message, and so has the store.
"""

from __future__ import annotations

import time
from dataclasses import replace

from chatproof.protocol.errors import WireError
from chatproof.reference_server.composition import Parts
from chatproof.reference_server.ports.host import Page
from chatproof.reference_server.roles.gateway.resume import Resume

LAG_MS = 100


class _FromLaggingView(Resume):
    def _page_came(self, page: Page | WireError) -> None:
        super()._page_came(page if isinstance(page, WireError) else _visible_part(page, time.time_ns() // 1_000_000))


def _visible_part(page: Page, now_ms: int) -> Page:
    """The page as the view has it: messages that are too young are named as hidden."""
    young = {event.seq for event in page.events if event.kind == "message" and event.ts > now_ms - LAG_MS}
    kept = [(event, line) for event, line in zip(page.events, page.lines, strict=True) if event.seq not in young]
    hidden = sorted((*page.hidden, *((seq, seq) for seq in young)))
    return page._replace(events=[event for event, _ in kept], lines=[line for _, line in kept], hidden=hidden)


def broken(parts: Parts) -> Parts:
    """Resume from a view that lags behind the position."""
    return replace(parts, resume=_FromLaggingView)
