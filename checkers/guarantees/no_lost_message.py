"""no-lost-message: what was acknowledged reaches everyone who must get it."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_EXPECTED = """
    WITH acked AS (
        SELECT op, conv, epoch, seq, ack_session, acked_ns FROM sends
        WHERE acked_ns IS NOT NULL AND expect <> 'conflict'
    ), judged AS (
        SELECT DISTINCT dev, usr, conv, after_seq FROM observers
    ), expected AS (
        SELECT a.*, o.dev, o.usr
        FROM acked a
        JOIN judged o ON o.conv = a.conv AND a.seq > o.after_seq
        JOIN entitlement e ON e.conv = a.conv AND e.usr = o.usr AND a.seq BETWEEN e.from_seq AND e.to_seq
    )
"""

_VIOLATIONS = f"""{_EXPECTED}, shown AS (
        SELECT dev, op FROM deliveries WHERE shown AND scope = 'conv'
    ), shown_garbled AS (
        SELECT d.dev, d.conv, d.epoch, d.seq FROM deliveries d
        WHERE d.shown AND d.scope = 'conv'
          AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.op = d.op AND o.kind = 'send')
    ), missing AS (
        SELECT x.* FROM expected x
        ANTI JOIN shown s ON s.dev = x.dev AND s.op = x.op
        ANTI JOIN shown_garbled g ON g.dev = x.dev AND g.conv = x.conv AND g.epoch = x.epoch AND g.seq = x.seq
    ), totals AS (
        SELECT op, count(*) AS expected_devices FROM expected WHERE op IN (SELECT op FROM missing) GROUP BY op
    ), places AS (
        SELECT m.op,
               bool_or(EXISTS (SELECT 1 FROM arrived a WHERE a.dev = m.dev AND a.conv = m.conv AND a.seq < m.seq))
                   AS after_some,
               bool_or(EXISTS (SELECT 1 FROM arrived a WHERE a.dev = m.dev AND a.conv = m.conv AND a.seq > m.seq))
                   AS before_some
        FROM missing m GROUP BY m.op
    )
    SELECT CASE WHEN count(*) = any_value(t.expected_devices) THEN 'for everybody'
                WHEN count(*) = 1 THEN 'one device'
                WHEN count(DISTINCT m.usr) = 1 THEN 'one user' ELSE 'some devices' END AS kind,
           [m.op] AS ops, any_value(m.conv) AS conv, [any_value(m.seq)] AS seqs,
           [any_value(m.ack_session)] AS sessions,
           list(m.dev ORDER BY m.dev NULLS LAST) AS devs, any_value(m.acked_ns) AS t_ns,
           any_value(t.expected_devices) AS expected_devices,
           CASE WHEN any_value(p.after_some AND p.before_some) THEN 'middle'
                WHEN any_value(p.before_some) THEN 'prefix' ELSE 'tail' END AS place,
           EXISTS (SELECT 1 FROM read_items i WHERE i.op = m.op) AS in_store
    FROM missing m JOIN totals t ON t.op = m.op JOIN places p ON p.op = m.op
    GROUP BY m.op
    ORDER BY t_ns NULLS LAST, m.op NULLS LAST
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    where = "it is still in the store" if data["in_store"] else "no read ever returned it"
    return (
        f"{wording.messages(finding.ops)} was acknowledged as {wording.seqs(finding.seqs)} of conversation"
        f" {finding.conv} and never shown to {wording.devices(finding.devs)}, {len(finding.devs)} of"
        f" {data['expected_devices']} that must get it ({finding.kind}, {data['place']} of the stream; {where})"
    )


GUARANTEE = Guarantee(
    name="no-lost-message",
    sentence="Every acknowledged message is shown to every device of every user who must get it.",
    broken_when="an acknowledged message was not shown to a must-entitled, judged observer",
    class_="final",
    key="conversation",
    tables=("operations", "deliveries", "devices", "connections", "memberships"),
    violations=_VIOLATIONS,
    opportunities=f"{_EXPECTED} SELECT count(*) FROM expected",
    opportunity="acknowledged messages that a judged device had to show",
    minimum=1000,
    explain=_explain,
    story=Story(
        clean="""
            members a b c
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            c shows m1 = 1 via repair
        """,
        broken="""
            members a b c
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            a sends m2
            a acked m2 = 2
            b shows m2 = 2
            c shows m2 = 2
        """,
    ),
    remarks="A message whose content arrived garbled counts as shown here; `no-phantom` accuses it. Users who were "
    "removed and did not return are not judged: they have no way to catch up.",
)
