"""Every bound of the gateway, each with its reason. Limits that clients must know are in `protocol.limits`."""

HELLO_TIMEOUT_NS = 5_000_000_000
"""A link that has not said hello by then holds memory for nobody."""

MAX_PENDING_REQUESTS = 2_000
"""Unanswered requests of one session: every stream subscribed twice over; above it the client is not listening."""

MAX_SESSIONS = 20_000
"""Open links of one node: about 10 KB each, and below the usual descriptor limit once raised."""

TICK_NS = 50_000_000
"""Receipts and presence are merged over this time: below what a person notices, above the cost of a push each."""

SESSION_TICK_NS = 200_000_000
"""Heartbeats and heads are looked at this often: below half of the strictest heartbeat."""

STALL_NS = 200_000_000
"""A look at the sessions that comes so late finds a node that did not listen: paused, swapped out, or far too busy."""

HEADS_PUSH_NS = 4_000_000_000
"""Changed heads are pushed this long after the last heads: inside the protocol's 5 s with a tick to spare."""

PAUSE_BYTES = 512 * 1024
"""Unwritten bytes of a link above which presence and receipts wait: two full frames."""

RESUME_BYTES = 64 * 1024
"""Unwritten bytes below which a paused link is well again."""

CHOKE_BYTES = 2 * 1024 * 1024
"""Unwritten bytes above which live events are replaced by a gap notice: a minute of a busy device."""

CLOSE_BYTES = 8 * 1024 * 1024
"""Unwritten bytes above which a link is closed, so that 100 of them cost less than 1 GB."""

MAX_PAUSED_NS = 15_000_000_000
"""A link that stays paused this long is closed: it neither reads nor says that it is gone."""

MAX_HELD_EVENTS = 2_000
"""Live events held back while one stream catches up; above it they are dropped and read from the host instead."""

RESUME_PAGE = 500
"""Events per page of a resume: one full frame at the usual size."""

MAX_QUEUED_READS = 50_000
"""Page reads that wait: every session of a full node resuming two streams; above it: `overloaded`."""

CONCURRENT_READS = 32
"""Page reads in progress: enough to keep the store busy, few enough that sends get their turn."""

MAX_POSITION_WAIT_NS = 2_000_000_000
"""A read that asks for a position waits this long for it before `not_yet_visible`."""

MAX_WAITING_READS = 10_000
"""Reads that wait for a position; above it: `not_yet_visible` at once."""

DRAIN_NS = 5_000_000_000
"""A draining node waits this long for pending answers: an append takes milliseconds, so this is a dead log."""

RETRY_AFTER_MS = 100
"""What a client is told to wait after `overloaded`: about ten group commits."""
