"""Every bound and interval of the client half in one place, each with its reason.

What both sides share is in `limits`.
"""

OUTBOX_OPERATIONS = 256
"""Operations queued or in flight. At one send a second it lasts through an outage of four minutes."""

UNRESOLVED_OPERATIONS = 4_096
"""Operations that ended unknown and may be asked again. At the bound new operations are refused, none is forgotten."""

REMEMBERED_OPERATIONS = 4_096
"""Operations that ended ok or fail and whose attempts would go on counting if they were asked once more."""

QUEUED_READS = 64
"""History reads waiting for a link. A walk has one page in flight, so this is 64 walks at once."""

ISLANDS = 1_024
"""Ranges that a timeline holds beyond its first hole. Above it, arrivals are left to the repair."""

REQUEST_TIMEOUT_NS = 5_000_000_000
"""An operation or read without an answer for this long is unknown and its link suspected."""

HELLO_TIMEOUT_NS = 5_000_000_000
"""A hello without an answer for this long ends the link: nothing is lost by trying another."""

RETRY_FIRST_NS = 50_000_000
"""Upper bound of the first wait before a refused operation is tried again; doubled with each refusal in a row."""

RETRY_CAP_NS = 2_000_000_000
"""Longest wait between two tries of an operation on a live link."""

RECONNECT_FLOOR_NS = 100_000_000
"""No reconnect is faster: a server that comes back must not meet all its clients in the same millisecond."""

RECONNECT_FIRST_NS = 200_000_000
"""Width of the first reconnect's jitter: 100 to 300 ms after the loss; doubled with each failure in a row."""

RECONNECT_CAP_NS = 5_000_000_000
"""Longest wait between two connects, so that a healed network is noticed within this time."""

REPAIR_GRACE_NS = 200_000_000
"""A hole this young may still be filled by what is under way on the link."""

REPAIR_TRIES = 3
"""History reads for one hole that brought nothing, before the timeline lives with it until the next link."""

RECEIPT_INTERVAL_NS = 500_000_000
"""At most one coalesced receipt per conversation in this time."""

ADVANCE_INTERVAL_NS = 2_000_000_000
"""At most one advance per conversation in this time: each is a durable write of the server."""

LATE_REPLIES = 1_024
"""Timed-out requests of one link whose reply would still be understood; older ones are forgotten."""

SUBSCRIBE_RETRY_NS = 250_000_000
"""Wait before a stream is asked for again after an error that allows it."""

SESSION_REQUEST_TIMEOUT_NS = 15_000_000_000
"""A subscription, ping or watch list without an answer for this long ends the link: the session is broken."""
