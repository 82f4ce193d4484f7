"""sender-order: one device's messages stand in the order in which it sent them."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_PAIRS = """
    WITH placed AS (
        SELECT op, dev, conv, epoch, seq, rec_invoke, acked_rec, acked_ns FROM sends
        WHERE expect <> 'conflict'
    ), answered AS (
        SELECT dev, conv, epoch, acked_rec, max({'seq': seq, 'op': op}) OVER earlier AS highest
        FROM placed
        WINDOW earlier AS (PARTITION BY dev, conv, epoch ORDER BY acked_rec NULLS LAST
                           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ), after_ack AS (
        SELECT 'after the ack' AS kind, p.op, p.dev, p.conv, p.seq, p.acked_ns, a.highest.seq AS earlier_seq,
               a.highest.op AS earlier_op
        FROM placed p ASOF JOIN answered a
          ON a.dev = p.dev AND a.conv = p.conv AND a.epoch = p.epoch AND p.rec_invoke > a.acked_rec
    ), first_tries AS (
        SELECT p.op, p.dev, p.conv, p.epoch, p.seq, p.acked_ns, t.session, t.rec_invoke
        FROM placed p JOIN attempts t ON t.op = p.op, claims c
        WHERE c.pipelined_fifo AND t.transport = 'ws' AND t.outcome = 'ok'
          AND NOT EXISTS (SELECT 1 FROM attempts u WHERE u.op = t.op AND u.rec_invoke < t.rec_invoke)
    ), pipelined AS (
        SELECT 'pipelined' AS kind, op, dev, conv, seq, acked_ns, lag(seq) OVER line AS earlier_seq,
               lag(op) OVER line AS earlier_op
        FROM first_tries
        WINDOW line AS (PARTITION BY dev, session, conv, epoch ORDER BY rec_invoke NULLS LAST)
    ), pairs AS (
        SELECT * FROM after_ack UNION ALL SELECT * FROM pipelined WHERE earlier_seq IS NOT NULL
    )
"""

_VIOLATIONS = f"""{_PAIRS}
    SELECT kind, [op, earlier_op] AS ops, conv, [seq, earlier_seq] AS seqs, [] AS sessions, [dev] AS devs,
           acked_ns AS t_ns, earlier_op, earlier_seq, op AS later_op, seq AS later_seq
    FROM pairs WHERE earlier_seq > seq
    ORDER BY t_ns NULLS LAST, op NULLS LAST
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    how = "after it was acknowledged" if finding.kind == "after the ack" else "on the same connection"
    return (
        f"{wording.devices(finding.devs)} sent {wording.messages([data['earlier_op']])} and, {how},"
        f" {wording.messages([data['later_op']])}; they stand at seq {data['earlier_seq']} and {data['later_seq']} of"
        f" conversation {finding.conv}"
    )


GUARANTEE = Guarantee(
    name="sender-order",
    sentence="Messages of one device stand in the order in which it sent them.",
    broken_when="a second send is invoked after the first was acked, and their seqs are inverted; sends pipelined on "
    "one connection only where that is claimed",
    class_="monotone",
    key="conversation and device",
    tables=("operations", "attempts", "deliveries"),
    violations=_VIOLATIONS,
    opportunities=f"{_PAIRS} SELECT count(*) FROM pairs",
    opportunity="sends that followed an acknowledged or pipelined one of the same device",
    minimum=200,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            a sends m2
            a acked m2 = 2
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 2
            a sends m2
            a acked m2 = 1
        """,
    ),
    remarks="Where one message has several seqs, the smallest counts.",
)
