"""whole-resume: after a resume nothing is missing, or the server said so."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH resumed AS (
        SELECT r.session, s.dev, s.usr, r.conv, r.epoch, r.from_seq, r.rec, r.live_ns, r.live_rec,
               greatest(r.from_seq, r.upto_seq,
                        (SELECT arg_min(l.seq, l.rec) FROM stream_rows l
                         WHERE l.session = r.session AND l.stream = r.conv AND l.epoch = r.epoch
                           AND l.rec > r.live_rec)) AS seam_seq
        FROM resumes r JOIN sessions s ON s.session = r.session
        WHERE r.outcome = 'recovered' AND r.live_ns IS NOT NULL
    ), missing AS (
        SELECT r.session, r.dev, r.conv, r.live_ns, r.from_seq, r.seam_seq, e.seq, e.op
        FROM resumed r
        JOIN events e ON e.conv = r.conv AND e.epoch = r.epoch AND e.seq > r.from_seq AND e.seq <= r.seam_seq
        JOIN entitlement m ON m.conv = r.conv AND m.usr = r.usr AND e.seq BETWEEN m.from_seq AND m.to_seq
        LEFT JOIN send_keys k ON k.op = e.op
        LEFT JOIN arrived a ON a.dev = r.dev AND a.conv = e.conv AND a.epoch = e.epoch AND a.seq = e.seq, claims c
        WHERE (k.op IS NULL OR c.echo = 'all' OR (k.dev <> r.dev AND NOT (c.echo = 'none' AND k.usr = r.usr)))
          AND (a.rec IS NULL OR a.rec > r.rec)
          AND NOT EXISTS (SELECT 1 FROM stream_rows l
                          WHERE l.session = r.session AND l.stream = e.conv AND l.epoch = e.epoch AND l.seq = e.seq)
          AND NOT EXISTS (SELECT 1 FROM notices n
                          WHERE n.session = r.session AND n.conv = r.conv AND n.kind = 'gap'
                            AND e.seq BETWEEN n.from_seq AND n.to_seq)
    ), strange AS (
        SELECT r.session, r.dev, r.conv, r.live_ns, r.epoch, l.epoch AS other_epoch, l.seq
        FROM resumed r JOIN stream_rows l ON l.session = r.session AND l.stream = r.conv
        WHERE l.via = 'resume' AND l.epoch <> r.epoch
    )
    SELECT 'silent gap' AS kind, list(DISTINCT op) AS ops, conv, list(DISTINCT seq) AS seqs, [session] AS sessions,
           [dev] AS devs, live_ns AS t_ns, from_seq, seam_seq AS upto_seq, NULL::BIGINT AS epoch,
           NULL::BIGINT AS other_epoch
    FROM missing GROUP BY conv, session, dev, live_ns, from_seq, seam_seq
    UNION ALL
    SELECT 'cursor of another epoch', [], conv, list(DISTINCT seq), [session], [dev], live_ns, NULL, NULL, epoch,
           other_epoch
    FROM strange GROUP BY conv, session, dev, live_ns, epoch, other_epoch
    ORDER BY t_ns NULLS LAST, conv NULLS LAST
"""

_OPPORTUNITIES = """
    SELECT count(*) FROM returns g SEMI JOIN resumes r ON r.session = g.session AND r.conv = g.conv
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    where = f"{wording.devices(finding.devs)} resumed conversation {finding.conv}"
    if finding.kind == "silent gap":
        return (
            f"{where} after seq {data['from_seq']}, the server said recovered, and the stream up to seq"
            f" {data['upto_seq']} never had {wording.seqs(finding.seqs)}"
        )
    return f"{where} with a cursor of epoch {data['epoch']}, and the server recovered it into {data['other_epoch']}"


GUARANTEE = Guarantee(
    name="whole-resume",
    sentence="A resume brings every later event, in order, or says that it did not recover.",
    broken_when="the server said recovered, and a must-entitled seq between the cursor and the first live event "
    "never came on that stream (silent gap); or a cursor of another epoch recovers",
    class_="watermarked",
    key="conversation and device",
    claims=("resume",),
    tables=("resumes", "deliveries", "connections", "devices", "memberships"),
    violations=_VIOLATIONS,
    opportunities=_OPPORTUNITIES,
    opportunity="sessions that resumed with a gap while sends went on",
    minimum=50,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            b disconnects
            a sends m2
            a acked m2 = 2
            b connects
            b resumes after 1 frontier 2
            b shows m2 = 2 via resume
            b live at 2
            a sends m3
            a acked m3 = 3
            b shows m3 = 3
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            b disconnects
            b connects
            b resumes after 1 frontier 1
            a sends m2
            a acked m2 = 2
            b live at 1
            a sends m3
            a acked m3 = 3
            b shows m3 = 3
            b shows m2 = 2 via repair
        """,
    ),
    remarks="A hole that the client repaired by history is a violation all the same: the server promised a whole "
    "stream, and a client that trusts it never looks. The seam reaches to the first live event, because that is where "
    "a catch-up that is read before the live stream is subscribed loses events.",
)
