"""no-aborted-delivery: what was refused for good never arrives."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_REFUSED = """
    WITH refused AS (
        SELECT o.op, o.conv, o.code, o.done_ns FROM operations o
        WHERE o.kind = 'send' AND o.outcome = 'fail'
          AND NOT EXISTS (
              SELECT 1 FROM attempts a
              WHERE a.op = o.op AND (a.outcome IS DISTINCT FROM 'fail' OR a.definite IS DISTINCT FROM true))
    )
"""

_VIOLATIONS = f"""{_REFUSED}
    SELECT 'refused yet delivered' AS kind, [r.op] AS ops, any_value(s.conv) AS conv, list(DISTINCT s.seq) AS seqs,
           list(DISTINCT s.session) AS sessions, list(DISTINCT s.dev) AS devs, min(s.t_ns) AS t_ns,
           any_value(r.code) AS code
    FROM refused r JOIN sightings s ON s.sent_op = r.op AND s.source <> 'ack'
    GROUP BY r.op
    ORDER BY t_ns NULLS LAST, r.op NULLS LAST
"""


def _explain(finding: Finding) -> str:
    return (
        f"{wording.messages(finding.ops)} was refused for good ({finding.data['code']}) and yet seen by"
        f" {wording.devices(finding.devs)} at {wording.seqs(finding.seqs)} of conversation {finding.conv}"
    )


GUARANTEE = Guarantee(
    name="no-aborted-delivery",
    sentence="A send that was refused definitely, in all its attempts, has no effect.",
    broken_when="an operation all of whose attempts failed definitely arrives",
    class_="monotone",
    key="conversation",
    tables=("operations", "attempts", "deliveries"),
    violations=_VIOLATIONS,
    opportunities=f"{_REFUSED} SELECT count(*) FROM refused",
    opportunity="sends that were refused definitely",
    minimum=20,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a refused m1 too_large
        """,
        broken="""
            members a b
            a sends m1
            a refused m1 overloaded
            b shows m1 = 1
        """,
    ),
    remarks="A definite error on a retry settles nothing about an earlier unknown attempt: such a send is not judged.",
)
