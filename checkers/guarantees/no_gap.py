"""no-gap: no seq that a device must get is jumped over."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH placed AS (
        SELECT dev, session, stream AS conv, epoch, seq, rec, t_ns, before_seq FROM stream_steps
    ), jumps AS (
        SELECT p.dev, p.session, p.conv, p.epoch, p.seq, p.rec, p.t_ns,
               coalesce(p.before_seq, r.from_seq) AS before_seq
        FROM placed p
        LEFT JOIN resumes r ON r.session = p.session AND r.conv = p.conv AND r.epoch = p.epoch
                           AND r.outcome = 'recovered'
        WHERE p.seq > coalesce(p.before_seq, r.from_seq) + 1
    ), skipped AS (
        SELECT j.*, e.seq AS missing, e.op, a.t_ns AS filled_ns, s.to_ns AS session_end_ns
        FROM jumps j
        JOIN sessions s ON s.session = j.session
        JOIN events e ON e.conv = j.conv AND e.epoch = j.epoch AND e.seq > j.before_seq AND e.seq < j.seq
        JOIN entitlement m ON m.conv = e.conv AND m.usr = s.usr AND e.seq BETWEEN m.from_seq AND m.to_seq
        LEFT JOIN send_keys k ON k.op = e.op
        LEFT JOIN arrived a ON a.dev = j.dev AND a.conv = j.conv AND a.epoch = j.epoch AND a.seq = e.seq, claims c
        WHERE (k.op IS NULL OR c.echo = 'all' OR (k.dev <> j.dev AND NOT (c.echo = 'none' AND k.usr = s.usr)))
          AND (a.rec IS NULL OR a.rec > j.rec)
          AND NOT EXISTS (SELECT 1 FROM notices n
                          WHERE n.session = j.session AND n.conv = j.conv AND n.kind = 'gap'
                            AND e.seq BETWEEN n.from_seq AND n.to_seq)
    ), told AS (
        SELECT CASE WHEN c.contiguous_push THEN 'skip' ELSE 'stuck' END AS kind, k.*
        FROM skipped k, claims c, bounds b
        WHERE c.contiguous_push
           OR (k.session_end_ns > k.t_ns + b.gap_stuck_ns
               AND (k.filled_ns IS NULL OR k.filled_ns > k.t_ns + b.gap_stuck_ns)
               AND EXISTS (SELECT 1 FROM calm_windows w
                           WHERE w.session = k.session AND w.from_ns <= k.t_ns
                             AND w.to_ns >= k.t_ns + b.gap_stuck_ns))
    ), lost AS (
        SELECT 'lost' AS kind, o.dev, o.session, e.conv, e.seq AS missing, e.op, max(e.known_ns) AS t_ns
        FROM observers o
        JOIN (SELECT dev, conv, epoch, max(seq) AS top FROM arrived GROUP BY dev, conv, epoch) t
          ON t.dev = o.dev AND t.conv = o.conv
        JOIN entitlement m ON m.conv = o.conv AND m.usr = o.usr
        JOIN events e ON e.conv = o.conv AND e.epoch = t.epoch AND e.seq < t.top AND e.seq > o.after_seq
                     AND e.seq BETWEEN m.from_seq AND m.to_seq
        LEFT JOIN send_keys k ON k.op = e.op
        ANTI JOIN arrived a ON a.dev = o.dev AND a.conv = e.conv AND a.epoch = e.epoch AND a.seq = e.seq
        WHERE k.op IS NULL OR k.dev <> o.dev
        GROUP BY ALL
    )
    SELECT kind, list(DISTINCT op) AS ops, conv, list(DISTINCT missing) AS seqs, [session] AS sessions, [dev] AS devs,
           min(t_ns) AS t_ns, before_seq, seq AS after_seq
    FROM told GROUP BY kind, conv, session, dev, before_seq, seq
    UNION ALL
    SELECT kind, list(DISTINCT op), conv, list(DISTINCT missing), [session], [dev], min(t_ns), NULL, NULL
    FROM lost GROUP BY kind, conv, session, dev
    ORDER BY t_ns NULLS LAST, conv NULLS LAST
"""


def _explain(finding: Finding) -> str:
    where = f"{wording.seqs(finding.seqs)} of conversation {finding.conv}"
    if finding.kind == "lost":
        return f"{wording.devices(finding.devs)} got later events of conversation {finding.conv} but never {where}"
    ending = "and the hole stayed open" if finding.kind == "stuck" else "without any notice"
    return (
        f"the stream of {wording.devices(finding.devs)} jumped from seq {finding.data['before_seq']} to"
        f" {finding.data['after_seq']} over {where} {ending}"
    )


GUARANTEE = Guarantee(
    name="no-gap",
    sentence="No event that a device must get is jumped over.",
    broken_when="a must-entitled, existing seq is jumped over: *skip* when it happens (where contiguous push is "
    "claimed), *stuck* if unfilled after the bound, *lost* at the end",
    class_="final",
    key="conversation",
    tables=("operations", "deliveries", "devices", "connections", "memberships"),
    bounds=("gap_stuck_ns",),
    violations=_VIOLATIONS,
    opportunities="SELECT count(*) FROM first_sightings WHERE scope = 'conv'",
    opportunity="events that arrived on a stream, each of which could have jumped over one",
    minimum=1000,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a sends m2
            a sends m3
            a acked m2 = 2
            b shows m1 = 1
            b told gap 2-2
            b shows m3 = 3
            b shows m2 = 2 via repair
        """,
        broken="""
            members a b
            a sends m1
            a sends m2
            a sends m3
            a acked m2 = 2
            b shows m1 = 1
            b shows m3 = 3
            b shows m2 = 2 via repair
        """,
    ),
    remarks="Only seqs that someone saw count as existing. A seq that the server announced as a gap in that session, "
    "what the device already had, and (unless the target echoes everything) its own sends are not jumped over.",
)
