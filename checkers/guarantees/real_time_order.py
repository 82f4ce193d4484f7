"""real-time-order: what was acknowledged before another was sent stands before it."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_PLACED = """
    WITH placed AS (
        SELECT op, dev, home, conv, epoch, seq, invoke_ns, acked_ns FROM sends
        WHERE expect <> 'conflict'
    )
"""

_VIOLATIONS = f"""{_PLACED}, answered AS (
        SELECT conv, epoch, acked_ns,
               max({{'seq': seq, 'op': op, 'dev': dev, 'acked_ns': acked_ns}}) OVER earlier AS highest
        FROM placed
        WINDOW earlier AS (PARTITION BY conv, epoch ORDER BY acked_ns NULLS LAST
                           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ), begun AS (
        SELECT p.*, p.invoke_ns - 2 * b.error_ns AS surely_ns FROM placed p, bounds b
    )
    SELECT 'inverted' AS kind, [p.op, a.highest.op] AS ops, p.conv, [p.seq, a.highest.seq] AS seqs, [] AS sessions,
           [p.dev, a.highest.dev] AS devs, p.invoke_ns AS t_ns, a.highest.op AS earlier_op,
           a.highest.seq AS earlier_seq, p.op AS later_op, p.seq AS later_seq,
           p.invoke_ns - a.highest.acked_ns AS apart_ns
    FROM begun p ASOF JOIN answered a ON a.conv = p.conv AND a.epoch = p.epoch AND p.surely_ns > a.acked_ns
    WHERE a.highest.seq > p.seq
    ORDER BY t_ns NULLS LAST, p.op NULLS LAST
"""

_OPPORTUNITIES = f"""{_PLACED}, answered AS (
        SELECT conv, epoch, home, min(acked_ns) AS acked_ns FROM placed
        GROUP BY conv, epoch, home
    )
    SELECT count(*) FROM placed p, bounds b
    WHERE EXISTS (SELECT 1 FROM answered a
                  WHERE a.conv = p.conv AND a.epoch = p.epoch AND a.home <> p.home
                    AND a.acked_ns < p.invoke_ns - 2 * b.error_ns)
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    return (
        f"{wording.messages([data['earlier_op']])} was acknowledged {wording.seconds(data['apart_ns'])} before"
        f" {wording.messages([data['later_op']])} was sent, yet they stand at seq {data['earlier_seq']} and"
        f" {data['later_seq']} of conversation {finding.conv}"
    )


GUARANTEE = Guarantee(
    name="real-time-order",
    sentence="A message that was acknowledged before another one was sent stands before it.",
    broken_when="ack(m1) + error < invoke(m2) - error, yet seq(m1) > seq(m2)",
    class_="monotone",
    key="conversation",
    claims=("total_order",),
    tables=("operations", "deliveries", "devices"),
    bounds=("clock_error_ns",),
    violations=_VIOLATIONS,
    opportunities=_OPPORTUNITIES,
    opportunity="sends begun after an ack that another worker got in the same conversation",
    minimum=200,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            b sends m2
            b acked m2 = 1
            a acked m1 = 2
            b sends m3
            b acked m3 = 3
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 2
            b sends m2
            b acked m2 = 1
        """,
    ),
    remarks="Overlapping sends may legally swap. The clock error counts twice, once for each of the two instants.",
)
