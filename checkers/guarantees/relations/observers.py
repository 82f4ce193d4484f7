"""Relations of who must see what: entitlement, where a device's view begins, who is judged for loss."""

from __future__ import annotations

from chatproof.checkers.guarantees.relations.relation import Relation

ENTITLEMENT = Relation(
    "entitlement",
    "Seqs that a user may see on every possible reading of the membership changes: from the own join to before "
    "the own leave. A leave that may have happened ends it at the last seq acknowledged before it was tried.",
    """
    WITH certain AS (
        SELECT conv, "user" AS usr, change IN ('initial', 'join') AS opens, coalesce(seq, 0) AS seq
        FROM memberships
        WHERE change = 'initial'
           OR (change IN ('join', 'leave', 'kick') AND outcome = 'ok' AND seq IS NOT NULL)
    ), doubtful AS (
        SELECT m.conv, m."user" AS usr,
               min((SELECT coalesce(max(s.seq), 0) FROM sends s
                    WHERE s.conv = m.conv AND s.acked_ns < m.invoke_ns - 2 * b.error_ns)) AS cap
        FROM memberships m, bounds b
        WHERE m.change IN ('leave', 'kick')
          AND (m.outcome IS NULL OR m.outcome = 'unknown' OR (m.outcome = 'ok' AND m.seq IS NULL))
        GROUP BY m.conv, m."user"
    ), spans AS (
        SELECT conv, usr, seq AS from_seq, opens,
               lag(opens, 1, false) OVER changes AS was_open,
               min(CASE WHEN opens THEN NULL ELSE seq END)
                   OVER (changes ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS closed_at
        FROM certain
        WINDOW changes AS (PARTITION BY conv, usr ORDER BY seq NULLS LAST, opens NULLS LAST)
    )
    SELECT s.conv, s.usr, s.from_seq,
           least(coalesce(s.closed_at - 1, 2147483647), coalesce(d.cap, 2147483647)) AS to_seq,
           s.closed_at IS NULL AND d.cap IS NULL AS is_open
    FROM spans s LEFT JOIN doubtful d ON d.conv = s.conv AND d.usr = s.usr
    WHERE s.opens AND NOT s.was_open AND s.from_seq <= coalesce(d.cap, 2147483647)
    """,
    extent="gathered",
)

BEGINNINGS = Relation(
    "beginnings",
    "Where a device's view of a conversation begins: the head that its first subscription without a cursor was "
    "given, or the cursor of its first resume. A device with neither must have everything.",
    """
    SELECT dev, conv, arg_min(seq, rec) AS after_seq
    FROM (SELECT dev, conv, rec, head_seq AS seq FROM heads WHERE source = 'resume'
          UNION ALL
          SELECT c.dev, r.conv, r.rec, r.from_seq FROM resumes r JOIN connections c ON c.session = r.session)
    GROUP BY dev, conv
    """,
    extent="gathered",
)

FOLLOWED = Relation(
    "followed",
    "Which session followed which conversation: it subscribed, went live by a resume, or got its stream.",
    """
    SELECT session, conv FROM subscriptions, finish f WHERE to_ns IS NULL OR to_ns >= f.drain_end_ns
    UNION SELECT session, conv FROM resumes WHERE outcome = 'recovered' AND live_ns IS NOT NULL
    UNION SELECT session, conv FROM stream_rows WHERE scope = 'conv'
    """,
    extent="gathered",
)

OBSERVERS = Relation(
    "observers",
    "Who is judged for loss: a device with a session up at the end of drain that follows the conversation, of a "
    "user who is a member until the end; audit probes are none. `after_seq`: where its view begins.",
    """
    SELECT DISTINCT s.dev, s.usr, s.session, s.to_ns, w.conv, coalesce(b.after_seq, 0) AS after_seq
    FROM sessions s
    JOIN devices d ON d.dev = s.dev AND d.plane <> 'probe' AND d.persona <> 'probe'
    JOIN followed w ON w.session = s.session
    JOIN entitlement e ON e.conv = w.conv AND e.usr = s.usr AND e.is_open
    LEFT JOIN beginnings b ON b.dev = s.dev AND b.conv = w.conv, finish f
    WHERE s.from_ns <= f.drain_end_ns AND s.to_ns >= f.drain_end_ns
    """,
    extent="gathered",
)

ARRIVED = Relation(
    "arrived",
    "Which seqs a device ever got, by whatever way, and when first.",
    """
    SELECT dev, conv, epoch, seq, min(rec) AS rec, min(t_ns) AS t_ns, bool_or(shown) AS shown
    FROM deliveries WHERE scope = 'conv' GROUP BY dev, conv, epoch, seq
    """,
)

LAGGARDS = Relation(
    "laggards",
    "Observers that never got the head which a conversation had at the end of drain.",
    """
    WITH heads_seen AS (
        SELECT conv, epoch, max(seq) AS head_seq FROM events, finish f WHERE known_ns <= f.drain_end_ns
        GROUP BY conv, epoch
    )
    SELECT o.dev, o.conv, o.session, h.head_seq FROM observers o
    JOIN heads_seen h ON h.conv = o.conv AND h.head_seq > o.after_seq
    JOIN entitlement e ON e.conv = o.conv AND e.usr = o.usr AND h.head_seq BETWEEN e.from_seq AND e.to_seq
    ANTI JOIN arrived a ON a.dev = o.dev AND a.conv = h.conv AND a.epoch = h.epoch AND a.seq = h.head_seq
    """,
    extent="gathered",
)

WALKS = Relation(
    "walks",
    "Each complete audit walk through a conversation's history: who read, its page size, and the range it covers: "
    "from the cursor of its first page on, of all that existed when it began.",
    """
    WITH pages AS (
        SELECT r.*, d."user" AS usr, coalesce(try_cast(r.cursor AS INTEGER), 0) AS at_seq
        FROM reads r JOIN devices d ON d.dev = r.dev
        WHERE r.kind = 'history' AND r.purpose = 'audit' AND r.outcome = 'ok'
    )
    SELECT walk, conv, any_value(dev) AS dev, any_value(usr) AS usr, any_value(dir) AS dir,
           max(page_limit) AS page_limit, min(invoke_ns) AS begun_ns, max(done_ns) AS done_ns,
           CASE any_value(dir) WHEN 'backward' THEN 0 ELSE arg_min(at_seq, rec_invoke) + 1 END AS from_seq,
           CASE WHEN any_value(dir) = 'backward' AND arg_min(at_seq, rec_invoke) > 0
                THEN arg_min(at_seq, rec_invoke) - 1 ELSE 2147483647 END AS to_seq
    FROM pages
    GROUP BY walk, conv
    HAVING bool_or(coalesce(complete, false))
    """,
    extent="gathered",
)

RELATIONS = (ENTITLEMENT, BEGINNINGS, FOLLOWED, OBSERVERS, ARRIVED, LAGGARDS, WALKS)
