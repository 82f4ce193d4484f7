"""Deliberately broken servers: each a real bug of a real system, composed over the healthy server in at most 40 lines.

May import: `reference_server`. Must never: be imported by it; a server has no branch that knows it is under test.
A mutant keeps the claims of the healthy server, and everything of it that its bug is not.
"""

from __future__ import annotations

from collections.abc import Callable

from chatproof.mutants import (
    ack_before_log,
    catchup_before_subscribe,
    dedupe_lost_on_restart,
    ghost_presence,
    larger_seq_first,
    membership_before_dedupe,
    position_before_visible,
    receipt_last_write_wins,
    send_stored_twice,
)
from chatproof.reference_server.composition import Parts

MUTANTS: dict[str, Callable[[Parts], Parts]] = {
    "position-before-visible": position_before_visible.broken,
    "send-stored-twice": send_stored_twice.broken,
    "dedupe-lost-on-restart": dedupe_lost_on_restart.broken,
    "ack-before-log": ack_before_log.broken,
    "larger-seq-first": larger_seq_first.broken,
    "catchup-before-subscribe": catchup_before_subscribe.broken,
    "receipt-last-write-wins": receipt_last_write_wins.broken,
    "ghost-presence": ghost_presence.broken,
    "membership-before-dedupe": membership_before_dedupe.broken,
}
"""Name → what makes the broken server of the healthy one's parts."""
