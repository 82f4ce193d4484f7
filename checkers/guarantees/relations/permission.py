"""Relations of who might see what: on some reading of the membership changes and of the history policy."""

from __future__ import annotations

from chatproof.checkers.guarantees.relations.relation import Relation

OPENINGS = Relation(
    "openings",
    "Each change that may have let a user in, with the first seq it may show; where its seq is unknown, the one after "
    "the last that was known before it was tried. Where all history is shown to members, or the policy is unknown, 0.",
    """
    WITH tried AS (
        SELECT m.conv, m."user" AS usr, m.invoke_ns, m.done_ns, CASE m.change WHEN 'initial' THEN 0 ELSE m.seq END
                   AS seq,
               coalesce(m.outcome, 'unknown') = 'ok' AND m.change <> 'invite' AS is_certain,
               coalesce(c.history_policy, 'all') = 'all' AS shows_all
        FROM memberships m LEFT JOIN conversations c ON c.conv = m.conv
        WHERE m.change IN ('initial', 'join', 'invite') AND m.outcome IS DISTINCT FROM 'fail'
    ), known AS (
        SELECT t.conv, t.usr, t.invoke_ns, max(e.seq) AS seq
        FROM tried t JOIN events e ON e.conv = t.conv, bounds b
        WHERE t.seq IS NULL AND e.known_ns < t.invoke_ns - 2 * b.error_ns
        GROUP BY t.conv, t.usr, t.invoke_ns
    )
    SELECT t.conv, t.usr, t.invoke_ns, t.done_ns, t.is_certain, t.seq,
           CASE WHEN t.shows_all THEN 0 ELSE coalesce(t.seq, k.seq + 1, 0) END AS from_seq
    FROM tried t LEFT JOIN known k ON k.conv = t.conv AND k.usr = t.usr AND k.invoke_ns = t.invoke_ns
    """,
    extent="gathered",
)

CLOSINGS = Relation(
    "closings",
    "Each leave or kick that surely happened, with the last seq that the user may see; where its seq is unknown, the "
    "one before the first send that was begun after its answer.",
    """
    WITH left_ AS (
        SELECT m.conv, m."user" AS usr, m.invoke_ns, m.done_ns, m.seq
        FROM memberships m
        WHERE m.change IN ('leave', 'kick') AND m.outcome = 'ok' AND m.done_ns IS NOT NULL
    ), later AS (
        SELECT l.conv, l.usr, l.invoke_ns, min(s.seq) AS seq
        FROM left_ l JOIN sends s ON s.conv = l.conv, bounds b
        WHERE l.seq IS NULL AND s.invoke_ns > l.done_ns + 2 * b.error_ns
        GROUP BY l.conv, l.usr, l.invoke_ns
    )
    SELECT l.conv, l.usr, l.invoke_ns, l.done_ns, l.seq, coalesce(l.seq, n.seq - 1, 2147483647) AS to_seq
    FROM left_ l LEFT JOIN later n ON n.conv = l.conv AND n.usr = l.usr AND n.invoke_ns = l.invoke_ns
    """,
    extent="gathered",
)

MAY = Relation(
    "may_entitled",
    "Seqs that a user may see on some reading of the membership changes and history policy, the own join and leave "
    "included. `until_ns`: so long events beyond `to_seq` may still come: the removal was answered no earlier, and a "
    "target without dense ids has the removal bound on top. A join that may have happened is one, a leave that may "
    "have happened is none.",
    """
    WITH ends AS (
        SELECT o.conv, o.usr, o.invoke_ns, o.from_seq, min(c.to_seq) AS to_seq, min(c.done_ns) AS done_ns
        FROM openings o
        JOIN closings c ON c.conv = o.conv AND c.usr = o.usr, bounds b
        WHERE CASE WHEN o.seq IS NOT NULL AND c.seq IS NOT NULL THEN c.seq > o.seq
                   ELSE o.is_certain AND o.done_ns + 2 * b.error_ns <= c.invoke_ns END
        GROUP BY o.conv, o.usr, o.invoke_ns, o.from_seq
    )
    SELECT o.conv, o.usr, o.from_seq, o.invoke_ns AS from_ns, coalesce(e.to_seq, 2147483647) AS to_seq,
           coalesce(e.done_ns + 2 * b.error_ns + CASE WHEN c.dense_ids THEN 0 ELSE b.removal_ns END,
                    9223372036854775807) AS until_ns,
           coalesce(e.done_ns + 2 * b.error_ns + b.removal_ns, 9223372036854775807) AS quiet_ns
    FROM openings o
    LEFT JOIN ends e ON e.conv = o.conv AND e.usr = o.usr AND e.invoke_ns = o.invoke_ns AND e.from_seq = o.from_seq,
         bounds b, claims c
    """,
    extent="gathered",
)

RELATIONS = (OPENINGS, CLOSINGS, MAY)
