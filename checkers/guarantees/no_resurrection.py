"""no-resurrection: what was edited or deleted stays edited or deleted, for everybody."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIEWS = """
    WITH placed AS (
        SELECT op, min(seq) AS seq FROM deliveries WHERE event IN ('edit', 'delete') GROUP BY op
    ), changes AS (
        SELECT o.op, o.dev, d.worker AS home, o.conv, o.kind, o.ref_seq, o.body_hash, coalesce(o.done_ns, o.invoke_ns)
                   AS settled_ns, a.acked_ns, a.acked_rec, coalesce(a.ack_seq, p.seq) AS seq
        FROM operations o JOIN devices d ON d.dev = o.dev LEFT JOIN acks a ON a.op = o.op
        LEFT JOIN placed p ON p.op = o.op
        WHERE o.kind IN ('edit', 'delete') AND o.outcome IS DISTINCT FROM 'fail'
    ), changed AS (
        SELECT conv, ref_seq, max(settled_ns) AS settled_ns, list(op) AS ops, list(seq) AS seqs
        FROM changes GROUP BY conv, ref_seq
    ), items AS (
        SELECT r.kind AS way, i.conv, i.seq, i.body_hash, r.dev, r.session, r.invoke_ns AS begun_ns,
               r.rec_invoke AS begun_rec, coalesce(r.done_ns, r.invoke_ns) AS t_ns
        FROM read_items i JOIN reads r ON r.read = i.read
        WHERE r.kind IN ('history', 'search') AND coalesce(i.event, 'message') = 'message' AND i.body_hash IS NOT NULL
        UNION ALL
        SELECT 'resume', d.conv, d.seq, d.body_hash, d.dev, d.session, r.invoke_ns, r.rec, d.t_ns
        FROM deliveries d JOIN resumes r ON r.session = d.session AND r.conv = d.conv
        WHERE d.via = 'resume' AND d.scope = 'conv' AND d.event = 'message' AND d.body_hash IS NOT NULL
    ), views AS (
        SELECT i.*, c.op, c.kind AS change, c.seq AS change_seq, i.begun_ns - c.acked_ns AS after_ns
        FROM items i
        JOIN devices d ON d.dev = i.dev
        JOIN changes c ON c.conv = i.conv AND c.ref_seq = i.seq, bounds b
        WHERE CASE WHEN d.worker = c.home THEN i.begun_rec > c.acked_rec
                   ELSE i.begun_ns > c.acked_ns + 2 * b.error_ns END
    )
"""

_VIOLATIONS = f"""{_VIEWS}, bodies AS (
        SELECT s.conv, s.seq AS ref_seq, s.body_hash, s.seq AS made_seq
        FROM sends s SEMI JOIN changed c ON c.conv = s.conv AND c.ref_seq = s.seq
        UNION ALL
        SELECT conv, ref_seq, body_hash, seq FROM changes WHERE kind = 'edit'
    ), old AS (
        SELECT CASE v.change WHEN 'delete' THEN 'body after a delete' ELSE 'old body after an edit' END AS kind,
               [v.op] AS ops, v.conv, [v.seq, v.change_seq] AS seqs, [v.session] AS sessions, [v.dev] AS devs, v.t_ns,
               v.seq AS ref_seq, v.way, v.after_ns
        FROM views v
        WHERE v.change = 'delete'
           OR (EXISTS (SELECT 1 FROM bodies o
                       WHERE o.conv = v.conv AND o.ref_seq = v.seq AND o.body_hash = v.body_hash
                         AND o.made_seq < v.change_seq)
               AND NOT EXISTS (SELECT 1 FROM bodies n
                               WHERE n.conv = v.conv AND n.ref_seq = v.seq AND n.body_hash = v.body_hash
                                 AND coalesce(n.made_seq >= v.change_seq, true)))
    ), told AS (
        SELECT d.dev, d.conv, CASE d.event WHEN 'message' THEN d.seq ELSE d.ref_seq END AS ref_seq,
               coalesce(d.version, d.seq) AS version, d.rec, CASE WHEN d.event <> 'delete' THEN d.body_hash END AS body
        FROM deliveries d
        WHERE d.shown AND d.scope = 'conv'
          AND (d.event IN ('message', 'delete') OR (d.event = 'edit' AND d.body_hash IS NOT NULL))
        UNION ALL
        SELECT dev, conv, ref_seq, seq, acked_rec, CASE WHEN kind = 'edit' THEN body_hash END
        FROM changes WHERE acked_rec IS NOT NULL AND seq IS NOT NULL
    ), latest AS (
        SELECT t.dev, t.conv, t.ref_seq, max({{'version': t.version, 'rec': t.rec, 'body': t.body}}).body AS body
        FROM told t SEMI JOIN changed c ON c.conv = t.conv AND c.ref_seq = t.ref_seq
        GROUP BY t.dev, t.conv, t.ref_seq
    ), split AS (
        SELECT 'devices disagree' AS kind, any_value(c.ops) AS ops, l.conv,
               list_append(any_value(c.seqs), l.ref_seq) AS seqs, list(DISTINCT o.session) AS sessions,
               list(DISTINCT l.dev) AS devs, any_value(c.settled_ns) AS t_ns, l.ref_seq, NULL AS way, NULL AS after_ns
        FROM latest l
        JOIN changed c ON c.conv = l.conv AND c.ref_seq = l.ref_seq
        JOIN observers o ON o.dev = l.dev AND o.conv = l.conv AND l.ref_seq > o.after_seq
        JOIN entitlement e ON e.conv = l.conv AND e.usr = o.usr AND e.is_open AND l.ref_seq >= e.from_seq, finish f
        WHERE c.settled_ns <= coalesce(f.drain_start_ns, f.drain_end_ns)
        GROUP BY l.conv, l.ref_seq
        HAVING count(DISTINCT coalesce(l.body::TEXT, 'deleted')) > 1
    )
    SELECT * FROM old UNION ALL SELECT * FROM split
    ORDER BY t_ns NULLS LAST, conv NULLS LAST, kind NULLS LAST
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    what = f"the message at seq {data['ref_seq']} of conversation {finding.conv}"
    if finding.kind == "devices disagree":
        return f"at rest {wording.devices(finding.devs)} do not all show the same of {what}, which was changed"
    done = "deleted" if finding.kind == "body after a delete" else "edited"
    shown = "a body of it" if done == "deleted" else "an older body"
    return (
        f"{what} was {done} ({wording.operations(finding.ops)}), and a {data['way']} that"
        f" {wording.devices(finding.devs)} began {wording.seconds(data['after_ns'])} after the ack showed {shown}"
    )


GUARANTEE = Guarantee(
    name="no-resurrection",
    sentence="What was edited or deleted never comes back, and at rest all devices show the same of it.",
    broken_when="after the ack of an edit or delete, a later-begun read, resume or search shows an older body, or any "
    "body of what was deleted; or devices disagree at rest",
    class_="final",
    key="conversation",
    claims=("edits",),
    tables=("operations", "deliveries", "devices", "connections", "memberships"),
    violations=_VIOLATIONS,
    opportunities=f"{_VIEWS} SELECT count(*) FROM views",
    opportunity="times that a read, resume or search showed a message after a change of it was acknowledged",
    minimum=50,
    explain=_explain,
    story=Story(
        clean="""
            members a b c
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            a edits m1 to x = 2
            b shows x of m1 = 2
            c shows m1 = 1 as x via resume
            b reads m1 as x
            a deletes m1 = 3
            b shows the delete of m1 = 3
            c shows the delete of m1 = 3
            b reads m1 as nothing
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            a edits m1 to x = 2
            b shows x of m1 = 2
            b reads m1 as m1
        """,
    ),
    remarks="A message arrives with the body that it has then: `version` is the seq of the edit that made it, and its "
    "`op` stays that of the send. A body whose place among the edits is unknown is never old. Devices are compared by "
    "the newest version that each showed, of messages that nobody changed after drain began.",
)
