"""causal-order: nobody gets a message before what its sender had already seen."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH sent AS (
        SELECT s.op, s.dev, s.conv, s.epoch, s.seq, s.rec_invoke, s.invoke_ns + 2 * b.error_ns AS surely_ns
        FROM sends s, bounds b WHERE s.expect <> 'conflict'
    ), heights AS (
        SELECT conv, epoch, known_ns, max(seq) OVER (PARTITION BY conv, epoch ORDER BY known_ns NULLS LAST
                                                     ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS top_seq
        FROM events
    ), below AS (
        SELECT s.* FROM sent s
        ASOF JOIN heights h ON h.conv = s.conv AND h.epoch = s.epoch AND s.surely_ns >= h.known_ns
        WHERE h.top_seq > s.seq
    ), misplaced AS MATERIALIZED (
        SELECT s.op, s.dev AS sender, s.conv, s.epoch, h.seq AS cause_seq
        FROM below s JOIN arrived h ON h.dev = s.dev AND h.conv = s.conv AND h.epoch = s.epoch
        WHERE h.seq > s.seq AND h.rec < s.rec_invoke
    ), heard AS (
        SELECT *, max(seq) OVER (PARTITION BY dev, stream, view, epoch ORDER BY rec NULLS LAST
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS above_seq
        FROM first_sightings SEMI JOIN unruly_streams USING (dev, scope, stream, view, epoch)
    ), late AS MATERIALIZED (
        SELECT * FROM heard WHERE seq < above_seq
    ), overtaken AS (
        SELECT DISTINCT s.op, s.dev AS sender, s.conv, s.epoch, x.seq AS cause_seq
        FROM late x
        JOIN first_sightings f ON f.dev = x.dev AND f.stream = x.stream AND f.view = x.view AND f.epoch = x.epoch
                              AND f.rec < x.rec AND f.seq > x.seq
        JOIN sent s ON s.op = f.op AND s.conv = f.stream
        JOIN arrived h ON h.dev = s.dev AND h.conv = s.conv AND h.epoch = x.epoch AND h.seq = x.seq
        WHERE h.rec < s.rec_invoke
    ), pairs AS (
        SELECT * FROM misplaced UNION SELECT * FROM overtaken
    ), effects AS MATERIALIZED (
        SELECT p.*, f.dev, f.session, f.view, f.seq, f.t_ns, f.rec
        FROM pairs p
        JOIN first_sightings f ON f.stream = p.conv AND f.epoch = p.epoch AND f.op = p.op
    ), swapped AS (
        SELECT f.*, x.session AS cause_session, x.op AS cause_op, x.event AS cause_event, x.rec AS cause_rec
        FROM effects f
        JOIN first_sightings x ON x.stream = f.conv AND x.epoch = f.epoch AND x.seq = f.cause_seq AND x.dev = f.dev
                              AND x.view = f.view AND x.rec > f.rec
        WHERE x.session = f.session OR x.via = 'live'
    )
    SELECT 'effect before its cause' AS kind, [s.op, s.cause_op] AS ops, s.conv, [s.seq, s.cause_seq] AS seqs,
           [s.session, s.cause_session] AS sessions, [s.dev, s.sender] AS devs, s.t_ns, s.dev AS observer, s.sender,
           s.op AS effect_op, s.seq AS effect_seq, s.cause_op, s.cause_seq, s.cause_event
    FROM swapped s
    WHERE NOT EXISTS (SELECT 1 FROM deliveries e
                      WHERE e.dev = s.dev AND e.scope = 'conv' AND e.conv = s.conv AND e.epoch = s.epoch
                        AND e.seq = s.cause_seq AND e.via IN ('ack', 'repair') AND e.rec < s.cause_rec)
      AND NOT EXISTS (SELECT 1 FROM notices n
                      WHERE n.session IN (s.session, s.cause_session) AND n.conv = s.conv AND n.kind = 'gap'
                        AND s.cause_seq BETWEEN n.from_seq AND n.to_seq)
    ORDER BY s.t_ns NULLS LAST, s.op NULLS LAST, s.dev NULLS LAST
"""

_OPPORTUNITIES = """
    WITH heard AS (
        SELECT dev, conv, min(rec) AS rec FROM deliveries
        WHERE scope = 'conv' AND event = 'message' AND op >> 32 IS DISTINCT FROM dev
        GROUP BY dev, conv
    )
    SELECT count(*) FROM sends s JOIN heard h ON h.dev = s.dev AND h.conv = s.conv AND h.rec < s.rec_invoke
    WHERE s.seq IS NOT NULL
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    cause = f"a {data['cause_event']}" if data["cause_op"] is None else wording.messages([data["cause_op"]])
    return (
        f"{wording.devices([data['sender']])} had {cause} (seq {data['cause_seq']} of conversation {finding.conv})"
        f" when it sent {wording.messages([data['effect_op']])}, yet {wording.devices([data['observer']])} got that"
        f" one first, at seq {data['effect_seq']}"
    )


GUARANTEE = Guarantee(
    name="causal-order",
    sentence="Nobody gets a message before what its sender had already got in that conversation.",
    broken_when="the sender's device had an event before it sent a message there, and an observer's stream brings the "
    "message first",
    class_="monotone",
    key="conversation",
    claims=("causal_order",),
    tables=("operations", "deliveries", "devices"),
    bounds=("clock_error_ns",),
    violations=_VIOLATIONS,
    opportunities=_OPPORTUNITIES,
    opportunity="messages sent by a device that had got another device's message in the conversation",
    minimum=200,
    explain=_explain,
    story=Story(
        clean="""
            members a b c
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            b sends m2
            b acked m2 = 2
            c shows m1 = 1
            c shows m2 = 2
        """,
        broken="""
            members a b c
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            b sends m2
            b acked m2 = 2
            c shows m2 = 2
            c shows m1 = 1
        """,
    ),
    remarks="What a device had is decided by `rec` on its own worker. A seq that a gap notice named, and an event that "
    "a repair or an ack brought before, may come later; what an earlier session missed may come with the next resume. "
    "Order across conversations is another promise, and is not judged.",
)
