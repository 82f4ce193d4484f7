"""no-leak: nobody is shown what no reading of the membership changes lets them see."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_EVENTS = """
    WITH surfaces AS (
        SELECT 'arrival' AS kind, t.t_ns, t.dev, d."user" AS usr, t.session, t.conv, t.seq, t.op,
               t.canary_conv
        FROM deliveries t JOIN devices d ON d.dev = t.dev WHERE t.scope = 'conv' AND t.via <> 'ack'
        UNION ALL
        SELECT CASE r.kind WHEN 'search' THEN 'search hit' ELSE 'page item' END, r.invoke_ns, r.dev, d."user",
               r.session, i.conv, i.seq, i.op, i.canary_conv
        FROM read_items i JOIN reads r ON r.read = i.read JOIN devices d ON d.dev = r.dev
    ), outside AS (
        SELECT s.* FROM surfaces s
        ANTI JOIN may_entitled m ON m.conv = s.conv AND m.usr = s.usr AND s.seq >= m.from_seq AND s.seq <= m.to_seq
    ), leaked AS (
        SELECT o.* FROM outside o
        ANTI JOIN may_entitled m ON m.conv = o.conv AND m.usr = o.usr AND o.seq >= m.from_seq
                                    AND o.t_ns <= m.until_ns
    ), signals AS (
        SELECT 'head' AS kind, t_ns, dev, session, conv, head_seq AS seq FROM heads
        UNION ALL
        SELECT 'marker', t_ns, dev, session, conv, greatest(delivered_seq, read_seq) FROM receipts
        WHERE greatest(delivered_seq, read_seq) > 0
    ), told AS (
        SELECT s.* FROM signals s JOIN devices d ON d.dev = s.dev
        ANTI JOIN may_entitled m ON m.conv = s.conv AND m.usr = d."user"
                                    AND (s.seq BETWEEN m.from_seq AND m.to_seq
                                         OR s.t_ns BETWEEN m.from_ns AND m.until_ns)
    )
"""

_COUNTS = """
    counted AS (
        SELECT walk, any_value(dev) AS dev, any_value(session) AS session, any_value(conv) AS conv,
               min(total) AS total, max(done_ns) AS t_ns,
               (SELECT count(*) FROM read_items i JOIN reads p ON p.read = i.read WHERE p.walk = r.walk) AS hits
        FROM reads r WHERE kind = 'search' AND outcome = 'ok' AND total IS NOT NULL
        GROUP BY walk HAVING bool_or(coalesce(complete, false))
    ), unread_counts AS (
        SELECT u.read, u.dev, d."user" AS usr, r.session, u.conv, u.unread, r.invoke_ns AS t_ns,
               coalesce((SELECT sum(greatest(CASE WHEN r.invoke_ns <= m.until_ns THEN u.head_seq
                                                  ELSE least(u.head_seq, m.to_seq) END
                                             - greatest(m.from_seq - 1, u.read_seq), 0))
                         FROM may_entitled m WHERE m.conv = u.conv AND m.usr = d."user"), 0) AS most
        FROM unread u JOIN reads r ON r.read = u.read JOIN devices d ON d.dev = u.dev
    )
"""

_TOGETHER = """
    watched AS (
        SELECT p.t_ns, p.session, p.dev, d."user" AS usr, p.subject
        FROM presence_seen p JOIN devices d ON d.dev = p.dev, claims c
        WHERE c.private_presence AND d."user" <> p.subject
    ), pairs AS (
        SELECT DISTINCT usr, subject FROM watched
    ), shared AS (
        SELECT p.usr, p.subject, greatest(a.from_ns, b.from_ns) AS from_ns, least(a.quiet_ns, b.quiet_ns) AS to_ns
        FROM pairs p
        JOIN may_entitled a ON a.usr = p.usr
        JOIN may_entitled b ON b.conv = a.conv AND b.usr = p.subject
    ), strangers AS (
        SELECT w.* FROM watched w
        ANTI JOIN shared s ON s.usr = w.usr AND s.subject = w.subject AND w.t_ns >= s.from_ns AND w.t_ns <= s.to_ns
    ), typists AS (
        SELECT t.t_ns, t.session, t.dev, t.conv, t."user" AS subject
        FROM typing_seen t JOIN devices d ON d.dev = t.dev
        ANTI JOIN may_entitled m ON m.conv = t.conv AND m.usr = d."user" AND t.t_ns >= m.from_ns
                                    AND t.t_ns <= m.quiet_ns
    )
"""

_BLOBS = """
    blobs AS (
        SELECT r.t_ns, r.dev, d."user" AS usr, a.conv, a.blob, a.op, s.seq, coalesce(r.issued_ns, r.t_ns) AS given_ns
        FROM attachment_reads r
        JOIN devices d ON d.dev = r.dev
        JOIN attachments a ON a.blob = r.blob
        JOIN devices u ON u.dev = a.dev
        LEFT JOIN sends s ON s.op = a.op
        WHERE r.status BETWEEN 200 AND 299 AND u."user" <> d."user"
    ), fetched AS (
        SELECT b.* FROM blobs b
        ANTI JOIN may_entitled m ON m.conv = b.conv AND m.usr = b.usr
             AND CASE WHEN b.seq IS NULL THEN b.given_ns >= m.from_ns AND b.given_ns <= m.quiet_ns
                      ELSE b.seq >= m.from_seq AND (b.seq <= m.to_seq OR b.given_ns <= m.until_ns) END
    )
"""

_VIOLATIONS = f"""{_EVENTS}, {_COUNTS}, {_TOGETHER}, {_BLOBS}
    SELECT kind, [op] AS ops, conv, [seq] AS seqs, [session] AS sessions, [dev] AS devs, t_ns,
           NULL::INTEGER AS subject, NULL::BIGINT AS got, NULL::BIGINT AS allowed, NULL::INTEGER AS canary_conv,
           NULL::BIGINT AS blob
    FROM leaked
    UNION ALL
    SELECT kind, [], conv, [seq], [session], [dev], t_ns, NULL, NULL, NULL, NULL, NULL FROM told
    UNION ALL
    SELECT 'canary', [op], conv, [seq], [session], [dev], t_ns, NULL, NULL, NULL, canary_conv, NULL
    FROM surfaces WHERE canary_conv <> conv
    UNION ALL
    SELECT 'count of hits', [], conv, [], [session], [dev], t_ns, NULL, total, hits, NULL, NULL
    FROM counted WHERE total > hits
    UNION ALL
    SELECT 'count of unread', [], conv, [], [session], [dev], t_ns, NULL, unread, most, NULL, NULL
    FROM unread_counts WHERE unread > most
    UNION ALL
    SELECT 'presence', [], NULL, [], [session], [dev], t_ns, subject, NULL, NULL, NULL, NULL FROM strangers
    UNION ALL
    SELECT 'typing', [], conv, [], [session], [dev], t_ns, subject, NULL, NULL, NULL, NULL FROM typists
    UNION ALL
    SELECT 'blob', [op], conv, [seq], [], [dev], t_ns, NULL, NULL, NULL, NULL, blob FROM fetched
    ORDER BY t_ns NULLS LAST, devs NULLS LAST, conv NULLS LAST
"""

_OPPORTUNITIES = """
    WITH hidden AS (
        SELECT DISTINCT c.conv, c.usr, e.epoch, e.seq, e.known_ns
        FROM closings c JOIN events e ON e.conv = c.conv AND e.seq > c.to_seq
        ANTI JOIN may_entitled m ON m.conv = c.conv AND m.usr = c.usr AND e.seq >= m.from_seq AND e.seq <= m.to_seq
    )
    SELECT count(*) FROM hidden h
    WHERE EXISTS (SELECT 1 FROM sessions s WHERE s.usr = h.usr AND h.known_ns BETWEEN s.from_ns AND s.to_ns)
"""

_WHAT = {
    "arrival": "was sent", "page item": "read on a history page", "search hit": "found by search", "head": "was told",
    "marker": "was shown a marker at",
}


def _explain(finding: Finding) -> str:
    data, who = finding.data, wording.devices(finding.devs)
    where = f"conversation {finding.conv}"
    match finding.kind:
        case "canary":
            return f"{who} got {wording.seqs(finding.seqs)} of {where} with the canary of {data['canary_conv']}"
        case "count of hits":
            return f"{who} was told of {data['got']} hits by a search that returned all it may see: {data['allowed']}"
        case "count of unread":
            return f"{who} was told of {data['got']} unread in {where}, where it may see {data['allowed']} at most"
        case "presence":
            return f"{who} saw the presence of user {data['subject']}, with whom it shares no conversation"
        case "typing":
            return f"{who} saw user {data['subject']} typing in {where} while it was no member"
        case "blob":
            return f"{who} downloaded blob {data['blob']} of {where}, which it may not see"
        case _:
            return f"{who} {_WHAT[finding.kind]} {wording.seqs(finding.seqs)} of {where}, which it may not see"


GUARANTEE = Guarantee(
    name="no-leak",
    sentence="Nobody is shown, told or counted what they may not see.",
    broken_when="an arrival, page item, hit, count, marker, presence or blob is not may-entitled: no reading of the "
    "membership changes and the history policy lets that user see it; another conversation's canary stands on any "
    "surface; or a live socket is still fed after a removal (without dense ids: after the removal bound)",
    class_="watermarked",
    key="user",
    claims=("membership",),
    tables=("deliveries", "memberships", "devices", "conversations", "connections"),
    bounds=("removal_ns", "clock_error_ns"),
    violations=_VIOLATIONS,
    opportunities=_OPPORTUNITIES,
    opportunity="events kept from a user who had been a member and was connected",
    minimum=50,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            b kicked = 2
            b shows kick = 2
            a sends m3
            a acked m3 = 3
        """,
        broken="""
            members a b
            b kicked = 1
            b shows kick = 1
            a sends m2
            a acked m2 = 2
            b shows m2 = 2
        """,
    ),
    remarks="May-entitled: a join that may have happened opens, a leave that may have happened closes nothing; the own "
    "join and leave may be seen. What comes before a removal is answered is legal. An ack is no arrival. Heads and "
    "markers tell a member of seqs that it may not see. A search count is judged against the hits of its own complete "
    "walk. Presence is judged where `private_presence` is claimed; presence and typing stand in no order with a "
    "removal, and have the removal bound.",
)
