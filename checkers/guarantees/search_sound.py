"""search-sound: whatever a search returns exists, and the asker may see it."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_HITS = """
    WITH hits AS (
        SELECT r.read, r.conv AS asked_conv, r.dev, d."user" AS usr, r.session, r.invoke_ns, i.conv, i.epoch, i.seq,
               i.op, i.event
        FROM read_items i JOIN reads r ON r.read = i.read JOIN devices d ON d.dev = r.dev
        WHERE r.kind = 'search'
    )
"""

_VIOLATIONS = f"""{_HITS}, hidden AS (
        SELECT h.* FROM hits h
        ANTI JOIN may_entitled m ON m.conv = h.conv AND m.usr = h.usr AND h.seq >= m.from_seq
                                    AND (h.seq <= m.to_seq OR h.invoke_ns <= m.until_ns)
    ), refused AS (
        SELECT op FROM operations WHERE kind = 'send' AND outcome = 'fail'
    ), judged AS (
        SELECT h.*, k.op IS NOT NULL AS is_sent, f.op IS NOT NULL AS is_refused, k.conv AS sent_conv,
               e.seq IS NOT NULL AS is_known, e.op AS other_op
        FROM hits h
        LEFT JOIN send_keys k ON k.op = h.op
        LEFT JOIN refused f ON f.op = h.op
        LEFT JOIN events e ON e.conv = h.conv AND e.epoch = h.epoch AND e.seq = h.seq
    ), invented AS (
        SELECT * FROM judged
        WHERE is_refused
           OR (is_sent AND sent_conv <> conv)
           OR (is_known AND is_sent AND other_op IS DISTINCT FROM op)
           OR (NOT is_sent AND NOT is_known)
    ), found AS (
        SELECT 'hidden' AS kind, op, conv, seq, session, dev, invoke_ns, read FROM hidden
        UNION ALL SELECT 'does not exist', op, conv, seq, session, dev, invoke_ns, read FROM invented
        UNION ALL SELECT 'not asked for', op, conv, seq, session, dev, invoke_ns, read FROM hits
                  WHERE asked_conv <> conv
    )
    SELECT kind, [op] AS ops, conv, [seq] AS seqs, [session] AS sessions, [dev] AS devs, invoke_ns AS t_ns, read
    FROM found ORDER BY t_ns NULLS LAST, read NULLS LAST, seq NULLS LAST, kind NULLS LAST
"""


def _explain(finding: Finding) -> str:
    hit = (
        f"search {finding.data['read']} by {wording.devices(finding.devs)} found {wording.seqs(finding.seqs)} of"
        f" conversation {finding.conv}"
    )
    match finding.kind:
        case "hidden":
            return f"{hit}, which that user may not see"
        case "not asked for":
            return f"{hit}, and only another conversation was searched"
        case _:
            return f"{hit}, and no such message stands there"


GUARANTEE = Guarantee(
    name="search-sound",
    sentence="A search finds only what exists and what the asker may see.",
    broken_when="a hit is not may-entitled; stands at a seq that nobody else saw, or saw another message at; was "
    "refused definitely; or lies outside the conversation that was searched",
    class_="watermarked",
    key="conversation",
    claims=("search", "membership"),
    tables=("reads", "read_items", "operations", "memberships", "devices", "conversations"),
    bounds=("clock_error_ns",),
    violations=_VIOLATIONS,
    opportunities=f"{_HITS} SELECT count(*) FROM hits",
    opportunity="hits",
    minimum=100,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            b searches m1 and finds 1
        """,
        broken="""
            members a b
            b kicked = 1
            a sends m2
            a acked m2 = 2
            b searches m2 and finds 2
        """,
    ),
    remarks="A hit that carries an operation of the run exists if that send was not refused, even where nobody else "
    "saw it: its answer may be lost. The old body of an edited or deleted message is a matter of `no-resurrection`.",
)
