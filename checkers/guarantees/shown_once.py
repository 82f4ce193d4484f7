"""shown-once: a timeline shows each thing once, whatever arrives."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH shown AS (
        SELECT dev, scope, CASE scope WHEN 'me' THEN -1 ELSE conv END AS stream, conv, view, epoch, seq, op, event,
               session, t_ns, via
        FROM deliveries WHERE shown
    ), repeated AS (
        SELECT dev, stream, view, epoch, seq FROM shown
        GROUP BY dev, stream, view, epoch, seq
        HAVING count(*) > 1
    ), moved AS (
        SELECT dev, conv, view, epoch, op FROM shown
        WHERE scope = 'conv' AND event = 'message'
        GROUP BY dev, conv, view, epoch, op
        HAVING min(seq) < max(seq)
    ), same_seq AS (
        SELECT 'same seq' AS kind, list(DISTINCT op) AS ops, any_value(conv) AS conv, [seq] AS seqs,
               list(DISTINCT session) AS sessions, [dev] AS devs, max(t_ns) AS t_ns, count(*) AS times,
               max(t_ns) - min(t_ns) AS distance_ns
        FROM shown SEMI JOIN repeated USING (dev, stream, view, epoch, seq)
        GROUP BY dev, stream, view, epoch, seq
    ), same_message AS (
        SELECT 'same message' AS kind, [op] AS ops, conv, list(DISTINCT seq) AS seqs,
               list(DISTINCT session) AS sessions, [dev] AS devs, max(t_ns) AS t_ns, count(*) AS times,
               max(t_ns) - min(t_ns) AS distance_ns
        FROM shown SEMI JOIN moved USING (dev, conv, view, epoch, op)
        WHERE scope = 'conv' AND event = 'message'
        GROUP BY dev, conv, view, epoch, op
    )
    SELECT * FROM same_seq UNION ALL SELECT * FROM same_message
    ORDER BY t_ns NULLS LAST, kind NULLS LAST
"""


def _explain(finding: Finding) -> str:
    what = wording.messages(finding.ops) if finding.ops else "an event"
    return (
        f"{wording.devices(finding.devs)} showed {what} {finding.data['times']} times in conversation {finding.conv}"
        f" ({wording.seqs(finding.seqs)}, {wording.seconds(finding.data['distance_ns'])} apart)"
    )


GUARANTEE = Guarantee(
    name="shown-once",
    sentence="Nobody sees the same thing twice.",
    broken_when="two shown rows of one observer have the same message or the same seq",
    class_="monotone",
    key="observer (device, scope, conversation, view)",
    tables=("deliveries",),
    violations=_VIOLATIONS,
    opportunities="SELECT count(*) FROM deliveries WHERE via <> 'live' OR NOT shown",
    opportunity="arrivals by another way than the live push (ack, resume, repair), or repeated",
    minimum=100,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            a gets m1 = 1
            b shows m1 = 1
            b gets m1 = 1 via resume
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            b shows m1 = 1 via resume
        """,
    ),
    remarks="An own message is shown once, by its ack or by its echo. A new view, begun by an announced reset, may "
    "show everything again.",
)
