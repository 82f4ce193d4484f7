"""Tales at the edge of what the evidence check lets through: see `tests.mutation.tales`."""

from __future__ import annotations

EDGES = (
    # everything is gone, and a canary is looked for
    """
    members a b
    everything is kept 60s
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    wait 66s
    probe of index finds the canary
    probe of log finds the canary
    probe of cache misses the canary
    """,
    """
    members a b
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    everything is held
    everything is erased
    probe of store misses 1
    probe of blob misses 1
    wait 6s
    the hold is over
    probe of store misses 1
    wait 6s
    probe of api finds 1
    probe of log finds the canary
    """,
    # a body comes back that was another message's, or its own
    """
    members a b c
    a sends m1
    a acked m1 = 1
    b sends m2
    b acked m2 = 2
    a edits m1 to m2 = 3
    a edits m1 to x = 4
    b reads m1 as m2
    c shows m1 = 1
    b shows m1 = 1
    b reads m2 as m1
    """,
    # two walks after a kill lack what others of the conversation have
    """
    members a b
    a sends m1
    a acked m1 = 1
    b leaves = 2
    a shows leave = 2
    b joins = 3
    a shows join = 3
    a sends m4
    a acked m4 = 4
    node killed
    node ready
    a reads nothing by 50
    b reads nothing by 200
    """,
    """
    members a b
    a sends m1
    a acked m1 = 1
    b leaves = 2
    a shows leave = 2
    b joins = 3
    a shows join = 3
    a sends m4
    a acked m4 = 4
    node loses power
    node ready
    a reads nothing by 50
    b reads nothing by 200
    node killed
    node ready
    """,
)
"""Told only where boundaries are looked for."""
