"""ordered-stream: what a device gets of one stream comes in the order of its seqs."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH compared AS (
        SELECT *,
               max({'seq': seq, 'op': op, 't_ns': t_ns, 'frame': frame, 'session': session}) OVER earlier AS above,
               max(seq) OVER in_session AS session_max
        FROM first_sightings SEMI JOIN unruly_streams USING (dev, scope, stream, view, epoch)
        WINDOW earlier AS (PARTITION BY dev, scope, stream, view, epoch ORDER BY rec NULLS LAST
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
               in_session AS (PARTITION BY dev, scope, stream, view, epoch, session ORDER BY rec NULLS LAST
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    SELECT CASE WHEN above.session = session AND above.frame = frame THEN 'inside a frame' ELSE 'between frames' END
               AS kind,
           [op, above.op] AS ops, CASE scope WHEN 'conv' THEN stream END AS conv, [seq, above.seq] AS seqs,
           [session, above.session] AS sessions, [dev] AS devs, t_ns, above.seq AS earlier_seq, seq AS later_seq,
           scope
    FROM compared
    WHERE seq < session_max OR (via = 'live' AND seq < above.seq)
    ORDER BY t_ns NULLS LAST, dev NULLS LAST
"""


def _explain(finding: Finding) -> str:
    stream = "its own stream" if finding.data["scope"] == "me" else f"conversation {finding.conv}"
    return (
        f"{wording.devices(finding.devs)} got seq {finding.data['earlier_seq']} of {stream} before seq"
        f" {finding.data['later_seq']} ({finding.kind})"
    )


GUARANTEE = Guarantee(
    name="ordered-stream",
    sentence="Each stream arrives in the order of its seqs.",
    broken_when="first sightings on one stream strictly decrease in seq, inside a frame or between frames",
    class_="monotone",
    key="observer (device, scope, conversation, view)",
    tables=("deliveries",),
    violations=_VIOLATIONS,
    opportunities="""
        SELECT sum(n - 1) FROM (SELECT count(*) AS n FROM first_sightings GROUP BY dev, scope, stream, view, epoch)
    """,
    opportunity="first sightings that followed another one on the same stream",
    minimum=1000,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a sends m2
            b shows m1 = 1
            b shows m2 = 2
            b gets m1 = 1
        """,
        broken="""
            members a b
            a sends m1
            a sends m2
            b shows m2 = 2
            b shows m1 = 1
        """,
    ),
    remarks="Order within a worker is the order of `rec`, never of time. Acks and repairs by history are left out. A "
    "resume may bring what lies below an earlier session's hole, so its rows are compared within their session.",
)
