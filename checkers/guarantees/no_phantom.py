"""no-phantom: nothing arrives that nobody sent, and nothing arrives altered."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_SEEN = """
    WITH seen AS (
        SELECT dev, session, conv, seq, op, body_hash, content_ok, t_ns, via AS source FROM deliveries
        WHERE scope = 'conv' AND event = 'message'
        UNION ALL
        SELECT r.dev, r.session, i.conv, i.seq, i.op, i.body_hash, NULL, coalesce(r.done_ns, r.invoke_ns), 'read'
        FROM read_items i JOIN reads r ON r.read = i.read
        WHERE r.kind = 'history' AND i.event = 'message' AND NOT i.deleted
    )
"""

_VIOLATIONS = f"""{_SEEN}, strange AS (
        SELECT s.*, o.op AS known_op,
               CASE WHEN o.op IS NULL AND s.content_ok IS DISTINCT FROM false THEN 'nobody sent it'
                    WHEN o.conv IS DISTINCT FROM s.conv AND o.op IS NOT NULL THEN 'sent to another conversation'
                    ELSE 'altered' END AS kind
        FROM seen s LEFT JOIN operations o ON o.op = s.op AND o.kind = 'send'
        WHERE o.conv IS DISTINCT FROM s.conv OR s.content_ok = false
           OR (s.body_hash <> o.body_hash
               AND NOT EXISTS (SELECT 1 FROM operations n
                               WHERE n.kind = 'edit' AND n.conv = s.conv AND n.ref_seq = s.seq
                                 AND n.body_hash = s.body_hash))
    ), changes AS (
        SELECT 'change of membership' AS kind, d.dev, d.session, d.conv, d.seq, d.t_ns, d.event
        FROM deliveries d
        WHERE d.scope = 'conv' AND d.event IN ('join', 'leave', 'kick')
          AND NOT EXISTS (
              SELECT 1 FROM memberships m
              WHERE m.conv = d.conv AND m.outcome IS DISTINCT FROM 'fail'
                AND (m.change = d.event OR (m.change = 'initial' AND d.event = 'join'))
                AND (m.seq = d.seq OR m.seq IS NULL))
    )
    SELECT kind, list(known_op) AS ops, conv, [seq] AS seqs, list(DISTINCT session) AS sessions,
           list(DISTINCT dev) AS devs, min(t_ns) AS t_ns, min(source) AS source, 'message' AS event
    FROM strange GROUP BY kind, conv, seq, op
    UNION ALL
    SELECT kind, [], conv, [seq], list(DISTINCT session), list(DISTINCT dev), min(t_ns), 'live', event
    FROM changes GROUP BY kind, conv, seq, event
    ORDER BY t_ns NULLS LAST, conv NULLS LAST
"""


def _explain(finding: Finding) -> str:
    place = f"at {wording.seqs(finding.seqs)} of conversation {finding.conv}"
    at = f"{wording.devices(finding.devs)} got {{}} {place}"
    match finding.kind:
        case "nobody sent it":
            return at.format("a message that nobody sent")
        case "sent to another conversation":
            return at.format(f"{wording.messages(finding.ops)}, which was sent to another conversation,")
        case "change of membership":
            return at.format(f"a {finding.data['event']} that nobody asked for")
        case _:
            return at.format(f"{wording.messages(finding.ops)} with a content that was never sent")


GUARANTEE = Guarantee(
    name="no-phantom",
    sentence="What arrives was sent, to this conversation, with this content.",
    broken_when="an arrival or page item that nobody sent, or whose content is not what was sent",
    class_="watermarked",
    key="conversation",
    tables=("operations", "deliveries"),
    violations=_VIOLATIONS,
    opportunities=f"{_SEEN} SELECT count(*) FROM seen WHERE source <> 'ack' AND body_hash IS NOT NULL",
    opportunity="messages that arrived or were read, with their content",
    minimum=1000,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            b shows m1 = 1
            a acked m1 = 1
        """,
        broken="""
            members a b
            a sends m1
            b shows m1 = 1 altered
            a acked m1 = 1
        """,
    ),
    remarks="A send is recorded before its first byte is written, so that fan-out before the ack is no phantom. "
    "The body of an edit of the message is its content too. "
    "Whether another body was accepted under a used key is a matter of `idempotent-send`.",
)
