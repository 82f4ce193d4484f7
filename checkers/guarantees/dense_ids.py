"""dense-ids: every seq up to the head is taken by an event."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_NUMBERS = """
    WITH tops AS (
        SELECT conv, epoch, seq, known_ns FROM events
        UNION ALL SELECT conv, epoch, head_seq, t_ns FROM heads
    ), last_walks AS (
        SELECT conv, max({'begun_ns': begun_ns, 'walk': walk, 'usr': usr, 'dev': dev,
                          'from_seq': from_seq, 'to_seq': to_seq}) AS walk
        FROM walks GROUP BY conv
    ), ranges AS (
        SELECT t.conv, t.epoch, w.walk.walk AS walk, w.walk.usr AS usr, w.walk.dev AS dev,
               w.walk.begun_ns AS begun_ns, greatest(any_value(w.walk.from_seq), 1) AS from_seq,
               least(max(t.seq), any_value(w.walk.to_seq)) AS to_seq
        FROM tops t JOIN last_walks w ON w.conv = t.conv, bounds b
        WHERE t.known_ns < w.walk.begun_ns - 2 * b.error_ns
        GROUP BY t.conv, t.epoch, w.walk
    ), numbers AS (
        SELECT conv, epoch, walk, usr, dev, begun_ns, unnest(generate_series(from_seq, to_seq))::INTEGER AS seq
        FROM ranges WHERE from_seq <= to_seq
    ), judged AS (
        SELECT n.* FROM numbers n
        JOIN entitlement m ON m.conv = n.conv AND m.usr = n.usr AND n.seq BETWEEN m.from_seq AND m.to_seq
    )
"""

_VIOLATIONS = f"""{_NUMBERS}
    SELECT 'never taken' AS kind, [] AS ops, j.conv, list(j.seq ORDER BY j.seq NULLS LAST) AS seqs,
           [] AS sessions, [any_value(j.dev)] AS devs, min(j.begun_ns) AS t_ns, any_value(j.walk) AS walk
    FROM judged j ANTI JOIN events e ON e.conv = j.conv AND e.epoch = j.epoch AND e.seq = j.seq
    GROUP BY j.conv, j.epoch
    ORDER BY t_ns NULLS LAST, j.conv NULLS LAST
"""


def _explain(finding: Finding) -> str:
    are = "are" if len(finding.seqs) > 1 else "is"
    return (
        f"{wording.seqs(finding.seqs)} of conversation {finding.conv} {are} below the head, and nobody ever saw an"
        f" event there, nor did the complete walk {finding.data['walk']}"
    )


GUARANTEE = Guarantee(
    name="dense-ids",
    sentence="Every seq from 1 to the head is taken by an event.",
    broken_when="a seq below the head that no event ever takes",
    class_="final",
    key="conversation",
    claims=("dense_ids", "history"),
    tables=("operations", "deliveries", "reads", "read_items", "devices", "memberships"),
    violations=_VIOLATIONS,
    opportunities=f"{_NUMBERS} SELECT count(*) FROM judged",
    opportunity="seqs below a head that a complete walk looked at",
    minimum=500,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            a sends m2
            a acked m2 = 2
            a reads 1 2 by 50
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 1
            a sends m2
            a acked m2 = 3
            a reads 1 3 by 50
        """,
    ),
    remarks="The head is the largest of what the server said and what anyone saw before the walk began. Only the seqs "
    "that the walk's reader must see are judged.",
)
