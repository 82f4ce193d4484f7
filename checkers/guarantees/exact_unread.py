"""exact-unread: at rest an unread count is what anyone would count."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story

_JUDGED = """
    WITH moved AS (
        SELECT conv, max(coalesce(done_ns, invoke_ns)) AS last_ns FROM operations
        WHERE kind <> 'presence' AND kind <> 'advance' GROUP BY conv
    ), markers AS (
        SELECT d."user" AS usr, o.conv, max(o.ref_seq) FILTER (o.outcome = 'ok') AS acked_seq,
               max(o.ref_seq) AS tried_seq, arg_max(o.op, o.ref_seq) AS op
        FROM operations o JOIN devices d ON d.dev = o.dev
        WHERE o.kind = 'receipt' AND o.marker = 'read' AND o.outcome IS DISTINCT FROM 'fail'
        GROUP BY d."user", o.conv
    ), counts AS (
        SELECT u.read, u.dev, d."user" AS usr, r.session, u.conv, u.unread, u.read_seq AS told_seq,
               coalesce(r.done_ns, r.invoke_ns) AS t_ns, m.op, coalesce(m.acked_seq, 0) AS acked_seq,
               coalesce(m.tried_seq, 0) AS tried_seq
        FROM unread u JOIN reads r ON r.read = u.read AND r.outcome = 'ok' JOIN devices d ON d.dev = u.dev
        JOIN entitlement i ON i.conv = u.conv AND i.usr = d."user" AND i.is_open
        LEFT JOIN moved v ON v.conv = u.conv
        LEFT JOIN markers m ON m.usr = d."user" AND m.conv = u.conv, bounds b
        WHERE coalesce(v.last_ns, 0) + b.receipts_rest_ns + 2 * b.error_ns <= r.invoke_ns
    ), deletes AS (
        SELECT conv, ref_seq AS seq, bool_or(outcome = 'ok') AS is_certain FROM operations
        WHERE kind = 'delete' AND outcome IS DISTINCT FROM 'fail' GROUP BY conv, ref_seq
    ), messages AS (
        SELECT e.conv, e.seq, k.usr, d.seq IS NOT NULL AS may_be_deleted, coalesce(d.is_certain, false) AS is_deleted
        FROM events e LEFT JOIN send_keys k ON k.op = e.op
        LEFT JOIN deletes d ON d.conv = e.conv AND d.seq = e.seq
        WHERE e.event = 'message'
    ), counted AS (
        SELECT c.read,
               count(DISTINCT m.seq) FILTER (e.usr IS NOT NULL AND m.seq > c.tried_seq AND NOT m.may_be_deleted)
                   AS at_least,
               count(DISTINCT m.seq) FILTER (NOT m.is_deleted) AS at_most
        FROM counts c
        JOIN messages m ON m.conv = c.conv AND m.usr IS DISTINCT FROM c.usr AND m.seq > c.acked_seq
        JOIN may_entitled y ON y.conv = c.conv AND y.usr = c.usr AND m.seq BETWEEN y.from_seq AND y.to_seq
        LEFT JOIN entitlement e ON e.conv = c.conv AND e.usr = c.usr AND m.seq BETWEEN e.from_seq AND e.to_seq
        GROUP BY c.read
    ), hidden AS (
        SELECT c.read, count(*) AS unseen
        FROM counts c JOIN sends s ON s.conv = c.conv AND s.usr <> c.usr AND s.seq IS NULL
        JOIN operations o ON o.op = s.op AND o.outcome IS DISTINCT FROM 'fail'
        GROUP BY c.read
    ), judged AS (
        SELECT c.*, coalesce(n.at_least, 0) AS at_least, coalesce(n.at_most, 0) + coalesce(h.unseen, 0) AS at_most
        FROM counts c LEFT JOIN counted n ON n.read = c.read LEFT JOIN hidden h ON h.read = c.read
    )
"""

_VIOLATIONS = f"""{_JUDGED}
    SELECT CASE WHEN unread > at_most THEN 'too many' ELSE 'too few' END AS kind, [op] AS ops, conv,
           [acked_seq, told_seq] AS seqs, [session] AS sessions, [dev] AS devs, t_ns, usr AS subject, unread, at_least,
           at_most, acked_seq, read
    FROM judged WHERE unread > at_most OR unread < at_least
    ORDER BY t_ns NULLS LAST, read NULLS LAST
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    least, most = data["at_least"], data["at_most"]
    right = f"{most}" if least == most else f"between {least} and {most}"
    return (
        f"at rest user {data['subject']} was told of {data['unread']} unread messages in conversation {finding.conv},"
        f" where {right} above seq {data['acked_seq']} are visible, not deleted and by others"
    )


GUARANTEE = Guarantee(
    name="exact-unread",
    sentence="At rest an unread count is the number of visible messages above the own read marker, by others, not "
    "deleted.",
    broken_when="at rest the count differs from that number",
    class_="final",
    key="user",
    claims=("unread",),
    tables=("unread", "reads", "operations", "deliveries", "memberships", "devices"),
    bounds=("receipts_rest_ns",),
    violations=_VIOLATIONS,
    opportunities=f"{_JUDGED} SELECT count(*) FROM judged WHERE at_least = at_most",
    opportunity="unread counts read at rest, of which only one number was right",
    minimum=50,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            a sends m2
            a acked m2 = 2
            b shows m1 = 1
            b shows m2 = 2
            b marks read 1
            wait 6s
            b counts 1 unread
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            b marks read 1
            wait 6s
            b counts 1 unread
        """,
    ),
    remarks="At rest: nothing was done in the conversation for the bound. What is unknown (a send or delete without an "
    "outcome, a membership that may have changed) widens the range of right numbers. Counted is above the largest "
    "marker that was acknowledged, whatever marker the server names.",
)
