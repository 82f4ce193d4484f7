"""same-order-everywhere: all observers of a conversation see its messages in one order."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_ORDERS = """
    WITH reference AS (
        SELECT s.op, s.epoch, coalesce(a.ack_seq, s.seq) AS seq FROM sends s LEFT JOIN acks a ON a.op = s.op
    ), doubtful AS (
        SELECT dev, stream, view FROM unruly_streams
        UNION
        SELECT f.dev, f.stream, f.view FROM first_sightings f JOIN reference r ON r.op = f.op
        WHERE r.seq <> f.seq OR r.epoch <> f.epoch
    ), lines AS (
        SELECT 'stream' AS kind, f.dev, f.session, f.session AS line, f.stream AS conv, f.view, f.rec AS place, f.t_ns,
               f.op
        FROM first_sightings f SEMI JOIN doubtful USING (dev, stream, view)
        WHERE f.scope = 'conv' AND f.event = 'message'
        UNION ALL
        SELECT 'read', r.dev, r.session, r.read, i.conv, 0, i.pos, coalesce(r.done_ns, r.invoke_ns), i.op
        FROM read_items i JOIN reads r ON r.read = i.read WHERE r.kind = 'history' AND i.event = 'message'
    ), placed AS (
        SELECT l.*, r.epoch, r.seq FROM lines l JOIN reference r ON r.op = l.op
    ), first_places AS (
        SELECT kind, dev, line, conv, view, epoch, op, min(place) AS place, any_value(seq) AS seq,
               min(t_ns) AS t_ns, any_value(session) AS session
        FROM placed GROUP BY kind, dev, line, conv, view, epoch, op
    ), compared AS (
        SELECT *, max({'seq': seq, 'op': op}) OVER earlier AS above
        FROM first_places
        WINDOW earlier AS (PARTITION BY kind, dev, line, conv, view, epoch ORDER BY place NULLS LAST
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
"""

_VIOLATIONS = f"""{_ORDERS}
    SELECT kind, [op, above.op] AS ops, conv, [seq, above.seq] AS seqs, [session] AS sessions, [dev] AS devs, t_ns,
           above.op AS first_op, op AS second_op
    FROM compared WHERE above.seq > seq
    ORDER BY t_ns NULLS LAST, dev NULLS LAST
"""

_OPPORTUNITIES = """
    WITH line AS (
        SELECT dev, invoke_ns, lag(dev) OVER begun AS before_dev, lag(acked_ns) OVER begun AS before_acked_ns
        FROM sends WHERE seq IS NOT NULL
        WINDOW begun AS (PARTITION BY conv ORDER BY invoke_ns NULLS LAST, op NULLS LAST)
    )
    SELECT count(*) FROM line WHERE before_dev <> dev AND coalesce(before_acked_ns > invoke_ns, true)
"""


def _explain(finding: Finding) -> str:
    how = "read" if finding.kind == "read" else "got"
    return (
        f"{wording.devices(finding.devs)} {how} {wording.messages([finding.data['first_op']])} before"
        f" {wording.messages([finding.data['second_op']])} in conversation {finding.conv}, where everybody else has"
        f" them the other way round"
    )


GUARANTEE = Guarantee(
    name="same-order-everywhere",
    sentence="All observers of a conversation see its messages in one order.",
    broken_when="two observers, or an observer and a read, have two messages in opposite orders",
    class_="monotone",
    key="conversation",
    claims=("total_order",),
    tables=("operations", "deliveries"),
    violations=_VIOLATIONS,
    opportunities=_OPPORTUNITIES,
    opportunity="sends that overlapped another device's send in the same conversation",
    minimum=50,
    explain=_explain,
    story=Story(
        clean="""
            members a b c
            a sends m1
            b sends m2
            a acked m1 = 1
            b acked m2 = 2
            c shows m1 = 1
            c shows m2 = 2
        """,
        broken="""
            members a b c
            a sends m1
            b sends m2
            a acked m1 = 1
            b acked m2 = 2
            c shows m2 = 1 id 2
            c shows m1 = 2 id 1
        """,
    ),
    remarks="Each observer is compared with one reference, the seq that the sender was told, or else the smallest "
    "under which anyone saw the message: linear, and two observers that differ cannot both agree with it.",
)
