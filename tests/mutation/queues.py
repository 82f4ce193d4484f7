"""Tales of keys that are claimed and of queues that are read: see `tests.mutation.tales`."""

from __future__ import annotations

QUEUES = (
    # a key and its retry, a key twice; a queue with a hole
    """
    members a b c
    a publishes key 7
    b claims key 7
    b claims key 7 again
    c claims key 7
    queue of a takes 1
    queue of a takes 2
    queue of a takes 3
    queue of a gives 2
    queue of b takes 4
    b disconnects
    """,
    # a device resumes in two sessions, and lacks something each time
    """
    members a b
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    b disconnects
    a sends m2
    a acked m2 = 2
    a sends m3
    a acked m3 = 3
    b connects
    b resumes after 1 frontier 3
    b shows m3 = 3 via resume
    b live at 3
    a sends m4
    a acked m4 = 4
    a sends m5
    a acked m5 = 5
    b shows m5 = 5
    b told gap 4-4
    a sends m6
    a acked m6 = 6
    wait 6s
    """,
)
"""Each with what it is about."""
