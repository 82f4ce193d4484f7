"""durable-ack: what was acknowledged before a kill -9 is there after it."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_READ_AFTER = """
    WITH acked AS (
        SELECT s.op, s.conv, s.epoch, s.seq, s.dev, s.ack_session, s.acked_ns,
               min({'at': k.start_confirmed_ns, 'ready': coalesce(k.ready_ns, k.start_confirmed_ns), 'node': k.node})
                   AS kill
        FROM sends s JOIN kills k ON s.acked_ns <= k.start_confirmed_ns
        WHERE s.seq IS NOT NULL AND s.expect <> 'conflict'
        GROUP BY s.op, s.conv, s.epoch, s.seq, s.dev, s.ack_session, s.acked_ns
    ), looked_for AS (
        SELECT a.op, count(DISTINCT w.page_limit) AS page_sizes, min(w.begun_ns) AS looked_ns
        FROM acked a
        JOIN walks w ON w.conv = a.conv AND w.begun_ns > a.kill.ready AND a.seq BETWEEN w.from_seq AND w.to_seq
        JOIN entitlement m ON m.conv = a.conv AND m.usr = w.usr AND a.seq BETWEEN m.from_seq AND m.to_seq
        GROUP BY a.op
    )
"""

_VIOLATIONS = f"""{_READ_AFTER}, items AS (
        SELECT i.conv, i.epoch, i.seq, i.op, i.event, r.invoke_ns,
               EXISTS (SELECT 1 FROM send_keys k WHERE k.op = i.op) AS is_known
        FROM read_items i JOIN reads r ON r.read = i.read WHERE r.kind = 'history'
    )
    SELECT 'gone after the kill' AS kind, [a.op] AS ops, a.conv, [a.seq] AS seqs, [a.ack_session] AS sessions,
           [a.dev] AS devs, a.kill.at AS t_ns, a.kill.node AS node, a.kill.at - a.acked_ns AS before_ns,
           (SELECT min(i.op) FROM items i
            WHERE i.conv = a.conv AND i.epoch = a.epoch AND i.seq = a.seq AND i.invoke_ns > a.kill.at) AS taken_by
    FROM acked a JOIN looked_for l ON l.op = a.op AND l.page_sizes >= 2
    WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.op = a.op AND i.invoke_ns > a.kill.at)
      AND NOT EXISTS (SELECT 1 FROM items i
                      WHERE i.conv = a.conv AND i.epoch = a.epoch AND i.seq = a.seq AND i.invoke_ns > a.kill.at
                        AND i.event = 'message' AND NOT i.is_known)
    ORDER BY t_ns NULLS LAST, a.op NULLS LAST
"""

_OPPORTUNITIES = f"""{_READ_AFTER}
    SELECT count(*) FROM exposed_acks e JOIN looked_for l ON l.op = e.op AND l.page_sizes >= 2
"""


def _explain(finding: Finding) -> str:
    taken_by = finding.data["taken_by"]
    taken = f"; its seq now holds {wording.messages([taken_by])}" if taken_by is not None else ""
    before_ms = finding.data["before_ns"] // 1_000_000
    return (
        f"{wording.messages(finding.ops)} was acknowledged as {wording.seqs(finding.seqs)} of conversation"
        f" {finding.conv} {before_ms} ms before {finding.data['node']} was killed, and no read after the restart has"
        f" it{taken}"
    )


GUARANTEE = Guarantee(
    name="durable-ack",
    sentence="What was acknowledged survives kill -9.",
    broken_when="an ack given before a kill -9 is gone afterwards",
    class_="final",
    key="conversation",
    claims=("survives_process_crash", "history"),
    tables=("operations", "attempts", "deliveries", "reads", "read_items", "faults", "devices", "memberships"),
    bounds=("commit_window_ns",),
    violations=_VIOLATIONS,
    opportunities=_OPPORTUNITIES,
    opportunity="exposed acks that were looked for after the restart",
    minimum=20,
    qualifier="SELECT 'process crash only'",
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            node killed
            node ready
            a reads 1 by 50
            a reads 1 by 200
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 1
            node killed
            node ready
            a reads nothing by 50
            a reads nothing by 200
        """,
    ),
    remarks="Absence counts only where complete walks with at least two page sizes, begun after the restart by a "
    "member, covered the seq. Power loss is another result and needs another fault.",
)
