"""attachment-intact: a blob is there, to the byte, as long as its message is, and its links end when they should."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_READS = """
    WITH fetched AS (
        SELECT r.blob, r.dev, d."user" AS usr, r.t_ns, r.expires_ns, r.revoked_ns, r.status, r.hash, a.conv, a.op,
               a.hash AS stored_hash, a.complete_ns, a.deleted_ns, s.seq, s.epoch,
               least(r.expires_ns, r.revoked_ns, a.deleted_ns) AS dead_ns,
               2 * b.error_ns AS error_ns, b.link_dead_ns
        FROM attachment_reads r
        JOIN attachments a ON a.blob = r.blob JOIN devices d ON d.dev = r.dev
        LEFT JOIN sends s ON s.op = a.op, bounds b
    ), alive AS (
        SELECT f.*, (SELECT min(e.known_ns) FROM events e
                     WHERE e.conv = f.conv AND e.epoch = f.epoch AND e.seq = f.seq) AS seen_ns
        FROM fetched f
        WHERE (f.dead_ns IS NULL OR f.t_ns < f.dead_ns - f.error_ns)
          AND (f.complete_ns < f.t_ns - f.error_ns OR f.seq IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM policies p LEFT JOIN conversations c ON c.conv = f.conv
                          WHERE p.kind IN ('retention', 'erase')
                            AND p.scope_id = CASE p.scope WHEN 'conversation' THEN f.conv ELSE c.workspace END)
          AND NOT EXISTS (SELECT 1 FROM operations o
                          WHERE o.kind = 'delete' AND o.conv = f.conv AND o.ref_seq = f.seq
                            AND o.outcome IS DISTINCT FROM 'fail')
          AND (f.usr = (SELECT u."user" FROM attachments a JOIN devices u ON u.dev = a.dev WHERE a.blob = f.blob)
               OR EXISTS (SELECT 1 FROM entitlement m
                          WHERE m.conv = f.conv AND m.usr = f.usr AND f.seq BETWEEN m.from_seq AND m.to_seq))
    ), owed AS (
        SELECT * FROM alive WHERE least(seen_ns, complete_ns) < t_ns - error_ns
    ), dead AS (
        SELECT *, CASE dead_ns WHEN revoked_ns THEN 'revocation' WHEN deleted_ns THEN 'deletion' ELSE 'expiry' END
                      AS end_
        FROM fetched WHERE t_ns > dead_ns + link_dead_ns + error_ns
    )
"""

_VIOLATIONS = f"""{_READS}, found AS (
        SELECT 'altered' AS kind, op, conv, seq, dev, t_ns, blob, status, 'upload' AS since, complete_ns AS since_ns
        FROM fetched WHERE status = 200 AND hash <> stored_hash
        UNION ALL
        SELECT 'gone', op, conv, seq, dev, t_ns, blob, status, 'upload', least(seen_ns, complete_ns)
        FROM owed WHERE status IN (403, 404, 410)
        UNION ALL
        SELECT 'link still works', op, conv, seq, dev, t_ns, blob, status, end_, dead_ns
        FROM dead WHERE status BETWEEN 200 AND 299
    )
    SELECT kind, [op] AS ops, conv, [seq] AS seqs, [] AS sessions, [dev] AS devs, t_ns, blob, status, since,
           t_ns - since_ns AS after_ns
    FROM found ORDER BY t_ns NULLS LAST, blob NULLS LAST, kind NULLS LAST
"""

_OPPORTUNITIES = f"""{_READS}
    SELECT (SELECT count(*) FROM owed WHERE status IN (200, 206, 403, 404, 410)) + (SELECT count(*) FROM dead)
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    blob = f"blob {data['blob']} of {wording.messages(finding.ops)} in conversation {finding.conv}"
    match finding.kind:
        case "altered":
            return f"{wording.devices(finding.devs)} downloaded {blob}, and its bytes are not those that were uploaded"
        case "gone":
            return f"{wording.devices(finding.devs)} asked for {blob} by a valid link and got status {data['status']}"
        case _:
            return (
                f"{wording.devices(finding.devs)} downloaded {blob} {wording.seconds(data['after_ns'])} after the"
                f" {data['since']} of its link"
            )


GUARANTEE = Guarantee(
    name="attachment-intact",
    sentence="Attachments are there, to the byte, as long as their message is; a dead link stays dead.",
    broken_when="the hash of a download differs; a completed or visible attachment is refused or gone by a valid link; "
    "or a link works after its expiry, its revocation or the deletion, plus the bound, the cache included",
    class_="watermarked",
    key="blob",
    claims=("attachments",),
    tables=("attachments", "attachment_reads", "devices"),
    bounds=("link_dead_ns", "clock_error_ns"),
    violations=_VIOLATIONS,
    opportunities=_OPPORTUNITIES,
    opportunity="downloads by a valid link, and attempts with a dead one",
    minimum=20,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a uploads blob 7 for m1
            a acked m1 = 1
            b gets blob 7
            wait 61s
            b gets blob 7 by a link of 66s ago, status 403
        """,
        broken="""
            members a b
            a uploads blob 7 for m1
            a acked m1 = 1
            b gets blob 7 altered
            b gets blob 7, status 404
        """,
    ),
    remarks="Links of the worked example live for 60 s. Only a full answer (200) is compared; an error of the server "
    "(5xx) says nothing. Absence is judged for the uploader and for who must see the message, and not where the "
    "message was deleted or falls under a retention policy.",
)
