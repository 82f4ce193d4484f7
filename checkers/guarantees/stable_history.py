"""stable-history: reading a range twice, in whatever pages, gives the same events."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH items AS (
        SELECT DISTINCT r.walk, i.conv, i.epoch, i.seq
        FROM read_items i JOIN reads r ON r.read = i.read JOIN walks w ON w.walk = r.walk AND w.conv = i.conv
    ), stored AS (
        SELECT i.conv, i.epoch, i.seq, e.op, e.known_ns, min(i.walk) AS other_walk
        FROM items i JOIN events e ON e.conv = i.conv AND e.epoch = i.epoch AND e.seq = i.seq
        GROUP BY i.conv, i.epoch, i.seq, e.op, e.known_ns
    ), absent AS (
        SELECT w.walk, w.conv, w.dev, w.page_limit, w.dir, w.done_ns, s.seq, s.op, s.other_walk
        FROM walks w
        JOIN stored s ON s.conv = w.conv AND s.seq BETWEEN w.from_seq AND w.to_seq
        JOIN entitlement m ON m.conv = w.conv AND m.usr = w.usr AND s.seq BETWEEN m.from_seq AND m.to_seq
        ANTI JOIN items i ON i.walk = w.walk AND i.conv = s.conv AND i.epoch = s.epoch AND i.seq = s.seq, bounds b
        WHERE s.known_ns < w.begun_ns - 2 * b.error_ns
    )
    SELECT 'absent from one walk' AS kind, list(DISTINCT op) AS ops, conv, list(DISTINCT seq) AS seqs, [] AS sessions,
           [dev] AS devs, done_ns AS t_ns, walk, page_limit, dir, min(other_walk) AS other_walk
    FROM absent GROUP BY walk, conv, dev, page_limit, dir, done_ns
    ORDER BY t_ns NULLS LAST, walk NULLS LAST
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    return (
        f"a complete walk through conversation {finding.conv} ({data['dir'] or 'forward'}, page size"
        f" {data['page_limit']}) by {wording.devices(finding.devs)} lacks {wording.seqs(finding.seqs)}, which another"
        f" walk returned"
    )


GUARANTEE = Guarantee(
    name="stable-history",
    sentence="Two complete reads of one range return the same events, whatever the page size and direction.",
    broken_when="two complete reads of one range differ, edits and deletes aside",
    class_="monotone",
    key="conversation",
    claims=("history",),
    tables=("reads", "read_items", "devices", "memberships"),
    violations=_VIOLATIONS,
    opportunities="SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM walks GROUP BY conv)",
    opportunity="complete walks that can be compared with another one of the same conversation",
    minimum=20,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            a sends m2
            a acked m2 = 2
            a reads 1 2 by 50
            a reads 1 2 by 200
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 1
            a sends m2
            a acked m2 = 2
            a reads 1 2 by 50
            a reads 1 by 200
        """,
    ),
    remarks="Presence in a read is proof even when concurrent; absence counts only for walks begun after the event was "
    "known. What an event *is* is judged by `one-id-per-seq` and `no-phantom`, which look at reads too.",
)
