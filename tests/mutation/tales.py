"""Stories beyond the worked examples, in the language of `tests.checkers.stories`: what one event alone does not show.

Spoiled in many ways (`spoiled.retold`), they are where mutants differ that need two of a thing: two refusals of one
key, two kills of two kinds, two markers of two users.
"""

from __future__ import annotations

from tests.mutation.queues import QUEUES

TALES = (
    # one key is refused twice after it took effect, for different reasons
    """
    members a b
    a sends m1
    b shows m1 = 1
    a retries m1
    a refused m1 too_large
    wait 1s
    a retries m1
    a refused m1 not_member
    """,
    # a message stands at two seqs, in two views
    """
    members a b b2
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    b shows m1 = 2
    b shows m1 = 1 view 1
    b shows m1 = 2 view 1
    b2 shows m1 = 1
    b2 gets m1 = 1
    """,
    # an effect comes before its cause, and a notice or an earlier session excuses it
    """
    members a b c
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    b sends m2
    b acked m2 = 2
    c shows m2 = 2
    c told gap 1-1
    c disconnects
    c connects
    c shows m1 = 1
    """,
    """
    members a b c
    a sends m1
    a acked m1 = 1
    a sends m2
    a acked m2 = 2
    b shows m1 = 1
    b shows m2 = 2
    b sends m3
    b acked m3 = 3
    c shows m3 = 3
    c shows m1 = 1 via repair
    c shows m1 = 1
    c shows m2 = 2
    """,
    # everybody left and came again, a kill and a power loss follow, and two walks after each lack something
    """
    members a b c
    a sends m1
    a acked m1 = 1
    b leaves = 2
    c kicked = 3
    b joins = 4
    a shows leave = 2
    a shows kick = 3
    a shows join = 4
    a sends m5
    a acked m5 = 5
    node killed
    wait 1s
    node ready
    a reads 1 2 5 by 50
    a reads 1 3 4 by 200
    a sends m6
    a acked m6 = 6
    node loses power
    wait 1s
    node ready
    a reads 1 4 5 by 50
    b reads 1 2 3 by 200 backward
    a reads 1 3 by 200
    """,
    """
    members a b
    a sends m1
    a acked m1 = 1
    b sends m2
    b acked m2 = 2
    a sends m3
    node loses power
    node ready
    a acked m3 = 3
    b sends m4
    b acked m4 = 2
    a reads 1 2 by 50
    b reads 1 2 by 200
    node killed
    node ready
    a reads 1 by 50
    b reads 1 by 200
    """,
    # a walk is compared with another, across a leave
    """
    members a b c
    a sends m1
    a acked m1 = 1
    a sends m2
    a acked m2 = 2
    b leaves = 3
    a shows leave = 3
    a sends m4
    a acked m4 = 4
    b joins = 5
    c told head 6
    a reads 1 2 3 4 by 50
    c reads 1 2 4 by 200 backward
    b reads 1 2 by 7
    """,
    # devices go away at a kill, come back late, and two watchers hold them for here
    """
    members a a2 b c
    a is online
    a2 is online
    b is online
    b sees a online at first
    c sees a online at first
    node killed
    a disconnects
    a2 disconnects
    b disconnects
    c disconnects
    node ready
    b connects
    b sees a offline at first
    c connects
    c sees a online at first
    c sees b online at first
    wait 7s
    c sees a offline version 900
    wait 20s
    a connects
    b sees a online version 901
    b sees a offline version 900
    wait 10s
    """,
    # the link of a watcher is cut, then that of the watched
    """
    members a b c
    a is online
    b is online
    b sees a online at first
    c sees a online at first
    link b cut
    wait 3s
    link b mended
    a disconnects
    wait 9s
    b sees a offline
    link a cut
    wait 6s
    link a mended
    a connects
    c sees a offline
    wait 30s
    """,
    # markers of two users go forward and back, and not everybody sees the last one
    """
    members a b c
    a sends m1
    a acked m1 = 1
    a sends m2
    a acked m2 = 2
    a sends m3
    a acked m3 = 3
    b marks delivered 1
    b marks read 3
    b marks read 1
    b marks read 2
    c marks read 1
    c marks read 3
    c marks read 2
    a sees b read 3 delivered 3
    a sees b read 2 delivered 3
    a sees c read 3
    b sees c read 1 at first
    wait 6s
    c sees b read 3
    """,
    # a count is read after a receipt, edits and deletes that may have failed
    """
    members a b c
    a sends m1
    a acked m1 = 1
    c sends m2
    c acked m2 = 2
    a sends m3
    a acked m3 = 3
    c sends m4
    b shows m1 = 1
    b marks read 1
    b marks delivered 3
    a deletes m1 = 5
    a deletes m3 = 6
    a deletes m3 unanswered
    wait 7s
    b counts 1 unread
    b counts 3 unread
    c counts 1 unread
    """,
    # somebody types on two devices, speaks, is removed, and is shown typing still
    """
    members a a2 b
    a types
    a2 types
    b sees a typing for 6s
    a types on
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    b sees a typing for 6s
    a stops typing
    a kicked = 2
    b shows kick = 2
    b sees a typing
    wait 30s
    """,
    """
    members a b
    link b cut
    a types
    wait 2s
    link b mended
    b sees a typing for 6s
    a leaves = 1
    b shows leave = 1
    b sees a pause
    b sees a typing
    wait 9s
    """,
    # two searches, one with a position, before and after an edit and a delete that may have failed
    """
    members a b
    a sends m1
    a acked m1 = 1
    a sends m2
    a acked m2 = 2
    a edits m1 to x unanswered
    a deletes m2 = 3
    wait 11s
    a searches m1 at position 2 and finds nothing
    a searches m2 at position 2 and finds 2
    b searches m1 and finds nothing
    b searches m2 and finds 2 of 3
    a reads 1 at position 2
    a reads 2 at position 1
    b reads 1 2 at position 2
    """,
    # a message is edited twice and deleted, and reads, a resume and devices show what it was
    """
    members a b c
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    a edits m1 to x = 2
    b shows x of m1 = 2
    c reads m1 as m1
    a edits m1 to y = 3
    b reads m1 as x
    b shows y of m1 = 3
    c resumes after 0 frontier 3
    c shows m1 = 1 as x via resume
    c live at 3
    a edits m1 to m1 unanswered
    a deletes m1 = 4
    c shows the delete of m1 = 4
    b reads m1 as y
    b reads m1 as nothing
    b searches m1 and finds 1
    """,
    # a blob is fetched early, late, by an outsider, and after its message was deleted
    """
    members a b c
    c kicked = 1
    a uploads blob 7 for m2
    b gets blob 7, status 404
    a acked m2 = 2
    b shows m2 = 2
    b gets blob 7
    b gets blob 7 altered
    b gets blob 7, status 404
    a gets blob 7, status 403
    c gets blob 7
    b gets blob 7 revoked 9s ago
    c joins = 3
    c gets blob 7 by a link of 66s ago
    a deletes m2 = 4
    b gets blob 7, status 410
    """,
    # who was removed is told, and shown, and finds out
    """
    members a b c
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    b leaves = 2
    b shows leave = 2
    a sends m3
    a acked m3 = 3
    b told head 3
    b sees a read 3 delivered 3
    b sees a online at first
    b sees a typing for 6s
    b searches m1 and finds 1 of 2
    b counts 1 unread
    b reads 1 by 50
    wait 3s
    b shows m3 = 3
    b sees a offline
    c joins unanswered
    b joins = 4
    c kicked unanswered
    a sends m5
    a acked m5 = 5
    c shows m5 = 5
    b shows m5 = 5
    """,
    # links are cut one after the other, and the node is paused by a kill
    """
    members a b c
    link b cut
    a sends m1
    a acked m1 = 1
    a sends m2
    a acked m2 = 2
    link c cut
    a sends m3
    a acked m3 = 3
    link b mended
    b told gap 1-1
    b told head 2
    wait 1s
    link c mended
    c shows m3 = 3
    wait 11s
    b shows m2 = 2
    node killed
    wait 16s
    node ready
    a loses m3
    wait 61s
    """,
    # rules come one after the other, and probes look before and after each
    """
    members a b
    everything is kept 60s
    a sends m1
    a acked m1 = 1
    b shows m1 = 1
    a sends m2
    a acked m2 = 2
    b shows m2 = 2
    probe of store finds 1 altered
    probe of store misses 2
    everything is held
    wait 70s
    probe of store misses 1
    probe of api finds 2
    the hold is over
    wait 4s
    probe of store finds 1
    wait 2s
    probe of index finds 1
    probe of log finds 2
    probe of cache finds the canary
    a sends m3
    a acked m3 = 3
    b shows m3 = 3
    everything is erased
    probe of store misses 3
    wait 6s
    probe of store finds 3
    """,
    *QUEUES,
)
"""Each with what it is about."""
