"""idempotent-send: one key has one effect and one answer, however often and wherever it is retried."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

TRANSIENT_CODES = (
    "expired", "overloaded", "draining", "stale_node", "not_yet_visible", "too_many", "unauthorized",
    "unknown_outcome", "internal",
)
"""Codes that refuse an attempt and say nothing about its key, whatever the key's first outcome was."""

_TRANSIENT = ", ".join(f"('{code}')" for code in TRANSIENT_CODES)

_TRIES = f"""
    WITH transient(code) AS (VALUES {_TRANSIENT}), begun AS (
        SELECT k.key_op, min(a.invoke_ns) AS first_ns
        FROM attempts a JOIN send_keys k ON k.op = a.op GROUP BY k.key_op
    ), effects AS (
        SELECT key_op, min(t_ns) AS seen_ns FROM sightings GROUP BY key_op
    ), retries AS (
        SELECT a.op, a.attempt, a.session, a.outcome, a.code, a.definite, a.duplicate, a.invoke_ns, a.done_ns,
               k.key_op, k.conv, k.dev, k.expect, k.op <> k.key_op AS is_other_body,
               a.invoke_ns - b.first_ns AS distance_ns, e.seen_ns
        FROM attempts a
        JOIN send_keys k ON k.op = a.op JOIN begun b ON b.key_op = k.key_op
        LEFT JOIN effects e ON e.key_op = k.key_op, claims c
        WHERE a.invoke_ns > b.first_ns AND a.invoke_ns - b.first_ns <= c.idempotent_window_s * 1000000000
    )
"""

_VIOLATIONS = f"""{_TRIES}, late AS (
        SELECT DISTINCT a.op
        FROM attempts a JOIN send_keys k ON k.op = a.op JOIN begun b ON b.key_op = k.key_op, claims c
        WHERE a.invoke_ns - b.first_ns > c.idempotent_window_s * 1000000000
    ), placed AS (
        SELECT s.key_op, s.sent_op, s.conv, s.epoch, s.seq, s.msg_id, s.session, s.dev, s.t_ns
        FROM sightings s ANTI JOIN late l ON l.op = s.sent_op
    ), split AS (
        SELECT sent_op, conv, epoch FROM placed GROUP BY sent_op, conv, epoch
        HAVING min(seq) < max(seq) OR min(msg_id) < max(msg_id)
    ), used AS (
        SELECT key_op, conv FROM placed GROUP BY key_op, conv
        HAVING min(sent_op) < max(sent_op)
    ), twice AS (
        SELECT CASE WHEN count(DISTINCT seq) > 1 THEN 'two seqs' ELSE 'two ids' END AS kind,
               [sent_op] AS ops, conv, list(DISTINCT seq) AS seqs, list(DISTINCT session) AS sessions,
               list(DISTINCT dev) AS devs, max(t_ns) AS t_ns, NULL::TEXT AS code, NULL::BIGINT AS distance_ns
        FROM placed SEMI JOIN split USING (sent_op, conv, epoch)
        GROUP BY sent_op, conv, epoch
    ), other_body AS (
        SELECT 'another body accepted' AS kind, list(DISTINCT sent_op) AS ops, conv, list(DISTINCT seq) AS seqs,
               list(DISTINCT session) AS sessions, list(DISTINCT dev) AS devs, max(t_ns) AS t_ns, NULL AS code,
               NULL AS distance_ns
        FROM placed SEMI JOIN used USING (key_op, conv)
        GROUP BY key_op, conv
    ), refused AS (
        SELECT 'retry refused' AS kind, [r.op] AS ops, r.conv, list(DISTINCT p.seq) AS seqs,
               list(DISTINCT r.session) AS sessions, [r.dev] AS devs, min(r.done_ns) AS t_ns, min(r.code) AS code,
               min(r.distance_ns) AS distance_ns
        FROM retries r JOIN placed p ON p.sent_op = r.op ANTI JOIN transient t ON t.code = r.code
        WHERE r.outcome = 'fail' AND r.definite AND NOT r.is_other_body
        GROUP BY r.op, r.conv, r.dev
    )
    SELECT * FROM twice UNION ALL SELECT * FROM other_body UNION ALL SELECT * FROM refused
    ORDER BY t_ns NULLS LAST, conv NULLS LAST
"""

_EFFECTIVE = f"""{_TRIES}, effective AS (
        SELECT * FROM retries
        WHERE NOT is_other_body AND done_ns IS NOT NULL AND outcome <> 'unknown'
          AND (seen_ns <= invoke_ns OR duplicate)
    )
"""


def _explain(finding: Finding) -> str:
    what = wording.messages(finding.ops)
    match finding.kind:
        case "another body accepted":
            return f"in conversation {finding.conv} one key was accepted with different bodies: {what}"
        case "retry refused":
            return (
                f"{what} took effect as {wording.seqs(finding.seqs)} of conversation {finding.conv}, and a retry"
                f" with the same key {wording.seconds(finding.data['distance_ns'])} after the first attempt was"
                f" refused for good ({finding.data['code']})"
            )
        case "two ids":
            return f"{what} has two ids at {wording.seqs(finding.seqs)} of conversation {finding.conv}"
        case _:
            return f"{what}, sent with one key, stands in conversation {finding.conv} at {wording.seqs(finding.seqs)}"


GUARANTEE = Guarantee(
    name="idempotent-send",
    sentence="Sending again with the same key has no second effect and gets the first outcome.",
    broken_when="one key has two seqs, two ids or two different acks; another body is accepted under it; or a retry "
    "of a key that took effect is refused definitely",
    class_="monotone",
    key="conversation",
    claims=("idempotent_window_s",),
    tables=("operations", "attempts", "deliveries"),
    violations=_VIOLATIONS,
    opportunities=f"{_EFFECTIVE} SELECT count(*) FROM effective",
    opportunity="answered retries of sends that had already taken effect",
    minimum=20,
    qualifier=f"""{_EFFECTIVE}
        SELECT 'held to ' || (max(distance_ns) // 1000000000) || ' seconds', max(distance_ns) FROM effective
    """,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            b shows m1 = 1
            a retries m1
            a acked m1 = 1 again
            a sends x2 with the key of m1
            a refused x2 different_body
        """,
        broken="""
            members a b
            a sends m1
            b shows m1 = 1
            a retries m1
            a acked m1 = 2
            b shows m1 = 2
        """,
    ),
    remarks="A refusal that says nothing of the key (`overloaded`, `expired` and the like) is no violation. A key is "
    "(conversation, user, client_msg_id): the user's other devices share it.",
)
