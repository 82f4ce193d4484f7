"""durable-ack: what was acknowledged before a kill -9 is there after it."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_READ_AFTER = """
    WITH answered AS (
        SELECT 'message' AS event, op, conv, epoch, seq, dev, usr, acked_ns, [ack_session] AS sessions FROM sends
        WHERE acked_ns IS NOT NULL AND seq IS NOT NULL AND expect <> 'conflict'
        UNION ALL
        SELECT m.change, m.op, m.conv, e.epoch, m.seq, o.dev, m."user", m.done_ns,
               (SELECT list(s.session) FROM sessions s WHERE s.usr = m."user" AND s.to_ns >= m.done_ns)
        FROM memberships m JOIN epochs e ON e.conv = m.conv JOIN operations o ON o.op = m.op
        WHERE m.change IN ('join', 'leave', 'kick') AND m.outcome = 'ok' AND m.seq IS NOT NULL
    ), acked AS (
        SELECT a.op, any_value(a.event) AS event, any_value(a.conv) AS conv, any_value(a.epoch) AS epoch,
               any_value(a.seq) AS seq, any_value(a.dev) AS dev, any_value(a.acked_ns) AS acked_ns,
               any_value(a.sessions) AS sessions,
               min({'at': k.start_confirmed_ns, 'ready': coalesce(k.ready_ns, k.start_confirmed_ns), 'node': k.node})
                   AS kill
        FROM answered a JOIN kills k ON a.acked_ns <= k.start_confirmed_ns
        GROUP BY a.op
    ), looked_for AS (
        SELECT a.op, count(DISTINCT w.page_limit) AS page_sizes
        FROM acked a
        JOIN walks w ON w.conv = a.conv AND w.begun_ns > a.kill.ready AND a.seq BETWEEN w.from_seq AND w.to_seq
        JOIN entitlement m ON m.conv = a.conv AND m.usr = w.usr AND a.seq BETWEEN m.from_seq AND m.to_seq
        GROUP BY a.op
    )
"""

_VIOLATIONS = f"""{_READ_AFTER}, items AS (
        SELECT i.conv, i.epoch, i.seq, i.op, i.event, r.invoke_ns, k.op AS known_op
        FROM read_items i JOIN reads r ON r.read = i.read LEFT JOIN send_keys k ON k.op = i.op
        WHERE r.kind = 'history'
    ), gone AS (
        SELECT a.* FROM acked a JOIN looked_for l ON l.op = a.op AND l.page_sizes >= 2
        WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.op = a.op AND i.invoke_ns > a.kill.at)
          AND NOT EXISTS (SELECT 1 FROM items i
                          WHERE i.conv = a.conv AND i.epoch = a.epoch AND i.seq = a.seq AND i.event = a.event
                            AND i.known_op IS NULL AND i.invoke_ns > a.kill.at)
    )
    SELECT 'gone after the kill' AS kind, [g.op] AS ops, g.conv, [g.seq] AS seqs, g.sessions, [g.dev] AS devs,
           g.kill.at AS t_ns, g.event, g.kill.node AS node, g.kill.at - g.acked_ns AS before_ns,
           (SELECT min(i.known_op) FROM items i
            WHERE i.conv = g.conv AND i.epoch = g.epoch AND i.seq = g.seq AND i.invoke_ns > g.kill.at) AS taken_by
    FROM gone g
    ORDER BY t_ns NULLS LAST, g.op NULLS LAST
"""

_OPPORTUNITIES = f"""{_READ_AFTER}
    SELECT count(*) FROM exposed_acks e JOIN looked_for l ON l.op = e.op AND l.page_sizes >= 2
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    what = wording.messages(finding.ops) if data["event"] == "message" else f"a {data['event']}"
    taken = f"; its seq now holds {wording.messages([data['taken_by']])}" if data["taken_by"] is not None else ""
    return (
        f"{what} was acknowledged as {wording.seqs(finding.seqs)} of conversation {finding.conv}"
        f" {data['before_ns'] // 1_000_000} ms before {data['node']} was killed, and no read after the restart has"
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
    remarks="Messages, joins, leaves and kicks are looked for. Absence counts only where complete walks with at "
    "least two page sizes, begun after the restart by a member, covered the seq. Power loss is another result and "
    "needs another fault.",
)
