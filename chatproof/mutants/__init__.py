"""Deliberately broken servers: each a real bug of a real system, composed over the healthy server in at most 40 lines.

May import: `reference_server`. Must never: be imported by it; a server has no branch that knows it is under test.
A mutant keeps the claims of the healthy server, and everything of it that its bug is not.
"""

from __future__ import annotations

from collections.abc import Callable

from chatproof.mutants import (
    ack_before_fsync,
    ack_before_log,
    body_truncated,
    catchup_before_subscribe,
    dedupe_lost_on_restart,
    ghost_presence,
    history_sorted_by_time,
    hole_after_crash,
    larger_seq_first,
    membership_before_dedupe,
    other_body_accepted,
    page_border_skips,
    position_before_visible,
    receipt_last_write_wins,
    refused_after_append,
    removed_member_served,
    send_stored_twice,
    seq_goes_back,
)
from chatproof.reference_server.composition import Parts

MUTANTS: dict[str, Callable[[Parts], Parts]] = {
    "position-before-visible": position_before_visible.broken,
    "send-stored-twice": send_stored_twice.broken,
    "dedupe-lost-on-restart": dedupe_lost_on_restart.broken,
    "ack-before-log": ack_before_log.broken,
    "ack-before-fsync": ack_before_fsync.broken,
    "larger-seq-first": larger_seq_first.broken,
    "catchup-before-subscribe": catchup_before_subscribe.broken,
    "receipt-last-write-wins": receipt_last_write_wins.broken,
    "ghost-presence": ghost_presence.broken,
    "membership-before-dedupe": membership_before_dedupe.broken,
    "seq-goes-back": seq_goes_back.broken,
    "other-body-accepted": other_body_accepted.broken,
    "body-truncated": body_truncated.broken,
    "refused-after-append": refused_after_append.broken,
    "hole-after-crash": hole_after_crash.broken,
    "page-border-skips": page_border_skips.broken,
    "history-sorted-by-time": history_sorted_by_time.broken,
    "removed-member-served": removed_member_served.broken,
}
"""Name → what makes the broken server of the healthy one's parts."""
