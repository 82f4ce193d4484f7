"""search-complete: an acknowledged message is found, soon, by everybody who must see it."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_SOUGHT = """
    WITH searches AS (
        SELECT r.walk, any_value(r.conv) AS conv, any_value(r.dev) AS dev, any_value(d."user") AS usr,
               any_value(r.query_hash) AS query_hash, any_value(r.session) AS session, min(r.invoke_ns) AS begun_ns,
               max(r.done_ns) AS done_ns
        FROM reads r JOIN devices d ON d.dev = r.dev
        WHERE r.kind = 'search' AND r.outcome = 'ok'
        GROUP BY r.walk HAVING bool_or(coalesce(r.complete, false))
    ), found AS (
        SELECT DISTINCT r.walk, i.conv, i.epoch, i.seq FROM read_items i JOIN reads r ON r.read = i.read
        WHERE r.kind = 'search'
    ), sought AS (
        SELECT q.walk, q.dev, q.session, q.begun_ns, q.done_ns, s.op, s.conv, s.epoch, s.seq,
               q.begun_ns - s.acked_ns AS after_ns
        FROM searches q
        JOIN sends s ON s.body_hash = q.query_hash AND (q.conv IS NULL OR q.conv = s.conv)
        JOIN entitlement m ON m.conv = s.conv AND m.usr = q.usr AND s.seq BETWEEN m.from_seq AND m.to_seq
        LEFT JOIN conversations c ON c.conv = s.conv, bounds b
        WHERE s.expect <> 'conflict' AND s.acked_ns + b.search_visible_ns + 2 * b.error_ns < q.begun_ns
          AND NOT coalesce(c.encrypted, false)
          AND NOT EXISTS (SELECT 1 FROM operations o
                          WHERE o.kind IN ('edit', 'delete') AND o.conv = s.conv AND o.ref_seq = s.seq
                            AND o.outcome IS DISTINCT FROM 'fail')
          AND NOT EXISTS (SELECT 1 FROM policies p
                          WHERE p.kind IN ('retention', 'erase')
                            AND p.scope_id = CASE p.scope WHEN 'conversation' THEN s.conv ELSE c.workspace END)
    )
"""

_VIOLATIONS = f"""{_SOUGHT}
    SELECT 'not found' AS kind, [s.op] AS ops, s.conv, [s.seq] AS seqs, [s.session] AS sessions, [s.dev] AS devs,
           s.done_ns AS t_ns, s.walk, s.after_ns
    FROM sought s ANTI JOIN found f ON f.walk = s.walk AND f.conv = s.conv AND f.epoch = s.epoch AND f.seq = s.seq
    ORDER BY t_ns NULLS LAST, s.walk NULLS LAST, s.op NULLS LAST
"""


def _explain(finding: Finding) -> str:
    return (
        f"{wording.messages(finding.ops)} ({wording.seqs(finding.seqs)} of conversation {finding.conv}) was not found"
        f" by {wording.devices(finding.devs)} {wording.seconds(finding.data['after_ns'])} after its ack"
    )


GUARANTEE = Guarantee(
    name="search-complete",
    sentence="An acknowledged message is found, within the bound, by everybody who must see it.",
    broken_when="a complete search for a message's text, begun later than the bound after its ack by a must-entitled "
    "user, lacks it",
    class_="final",
    key="conversation",
    claims=("search",),
    tables=("reads", "read_items", "operations", "attempts", "deliveries", "memberships", "devices", "conversations"),
    bounds=("search_visible_ns", "clock_error_ns"),
    violations=_VIOLATIONS,
    opportunities=f"{_SOUGHT} SELECT count(*) FROM sought",
    opportunity="acknowledged messages that were searched for after the bound",
    minimum=20,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            wait 11s
            b searches m1 and finds 1
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 1
            wait 11s
            b searches m1 and finds nothing
        """,
    ),
    remarks="A search looks for a message if its `query_hash` is the message's `body_hash`. Messages that were edited "
    "or deleted, or that fall under a retention policy, and encrypted conversations are left out.",
)
