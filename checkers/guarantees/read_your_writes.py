"""read-your-writes: who reads with the position of an own ack finds what was acknowledged."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_EXPECTED = """
    WITH pages AS (
        SELECT r.read AS unit, r.kind, r.dev, r.session, r.conv, r.query_hash, r.min_seq, r.rec_invoke,
               coalesce(r.done_ns, r.invoke_ns) AS t_ns,
               CASE WHEN coalesce(r.dir, 'forward') = 'forward'
                    THEN coalesce(try_cast(r.cursor AS INTEGER) + 1, r.from_seq, 2147483647)
                    WHEN r.complete THEN 0 ELSE coalesce(r.from_seq, 2147483647) END AS low_seq,
               CASE WHEN coalesce(r.dir, 'forward') = 'forward'
                    THEN CASE WHEN r.complete THEN 2147483647 ELSE coalesce(r.to_seq, 0) END
                    WHEN try_cast(r.cursor AS INTEGER) = 0 THEN 2147483647
                    ELSE coalesce(try_cast(r.cursor AS INTEGER) - 1, r.to_seq, 0) END AS high_seq
        FROM reads r WHERE r.kind = 'history' AND r.outcome = 'ok' AND r.min_seq > 0
    ), searches AS (
        SELECT walk AS unit, 'search' AS kind, any_value(dev) AS dev, any_value(session) AS session, conv, query_hash,
               min(min_seq) AS min_seq, min(rec_invoke) AS rec_invoke, max(coalesce(done_ns, invoke_ns)) AS t_ns,
               0 AS low_seq, 2147483647 AS high_seq
        FROM reads WHERE kind = 'search' AND outcome = 'ok' AND min_seq > 0
        GROUP BY walk, conv, query_hash
        HAVING bool_or(coalesce(complete, false))
    ), asked AS (
        SELECT * FROM pages UNION ALL SELECT * FROM searches
    ), expected AS (
        SELECT q.kind, q.unit, q.dev, q.session, q.t_ns, q.min_seq, s.op, s.conv, s.epoch, s.seq
        FROM asked q
        JOIN sends s ON s.dev = q.dev AND s.conv = q.conv AND s.acked_rec < q.rec_invoke AND s.expect <> 'conflict'
                    AND s.seq <= q.min_seq AND s.seq BETWEEN q.low_seq AND q.high_seq
        JOIN entitlement m ON m.conv = s.conv AND m.usr = s.usr AND s.seq BETWEEN m.from_seq AND m.to_seq
        LEFT JOIN conversations c ON c.conv = s.conv
        WHERE (q.kind = 'history'
               OR (s.body_hash = q.query_hash AND NOT coalesce(c.encrypted, false)
                   AND NOT EXISTS (SELECT 1 FROM operations o
                                   WHERE o.kind IN ('edit', 'delete') AND o.conv = s.conv AND o.ref_seq = s.seq
                                     AND o.outcome IS DISTINCT FROM 'fail')))
          AND NOT EXISTS (SELECT 1 FROM policies p
                          WHERE p.kind IN ('retention', 'erase')
                            AND p.scope_id = CASE p.scope WHEN 'conversation' THEN s.conv ELSE c.workspace END)
    )
"""

_VIOLATIONS = f"""{_EXPECTED}, items AS (
        SELECT r.kind, CASE r.kind WHEN 'search' THEN r.walk ELSE r.read END AS unit, i.conv, i.seq, i.op
        FROM read_items i JOIN reads r ON r.read = i.read WHERE r.kind IN ('history', 'search') AND r.min_seq > 0
    )
    SELECT x.kind || ' lacks it' AS kind, [x.op] AS ops, x.conv, [x.seq] AS seqs, [x.session] AS sessions,
           [x.dev] AS devs, x.t_ns, x.min_seq, x.kind AS way
    FROM expected x
    ANTI JOIN items i ON i.kind = x.kind AND i.unit = x.unit AND i.op = x.op
    ANTI JOIN items j ON j.kind = x.kind AND j.unit = x.unit AND j.conv = x.conv AND j.seq = x.seq
    ORDER BY t_ns NULLS LAST, x.unit NULLS LAST, x.op NULLS LAST
"""


def _explain(finding: Finding) -> str:
    return (
        f"{wording.devices(finding.devs)} had the ack of its {wording.messages(finding.ops)}"
        f" ({wording.seqs(finding.seqs)} of conversation {finding.conv}), and a {finding.data['way']} that it began"
        f" afterwards, from a state not before seq {finding.data['min_seq']}, lacks it"
    )


GUARANTEE = Guarantee(
    name="read-your-writes",
    sentence="A read with the position of an own ack returns what was acknowledged, or waits, or is refused.",
    broken_when="a page or complete search begun after the device's own ack, with its position, answers and lacks the "
    "message",
    class_="watermarked",
    key="device",
    claims=("read_your_writes",),
    tables=("operations", "reads", "read_items", "memberships", "devices", "conversations"),
    violations=_VIOLATIONS,
    opportunities=f"{_EXPECTED} SELECT count(*) FROM (SELECT DISTINCT kind, unit FROM expected)",
    opportunity="reads whose range and position include an own acknowledged message",
    minimum=50,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            a reads 1 at position 1
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 1
            a reads nothing at position 1
        """,
    ),
    remarks="The position is the read's `min_seq`; a read without one asks for nothing. A page is judged for the range "
    "that it covers, a search only for messages whose text it asks for and that nobody edited or deleted. Where "
    "something may have expired or been erased, nothing is expected.",
)
