"""typing-expires: nobody seems to type for longer than they do."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_SHOWN = """
    WITH frames AS (
        SELECT t.dev, t.session, t.conv, t."user" AS usr, t.is_on, t.episode, t.rec, t.t_ns,
               least(coalesce(lead(t.t_ns) OVER line, s.to_ns), coalesce(t.t_ns + t.ttl_ns, s.to_ns)) AS until_ns
        FROM typing_seen t JOIN sessions s ON s.session = t.session
        WINDOW line AS (PARTITION BY t.session, t.conv, t."user" ORDER BY t.rec NULLS LAST)
    ), shown AS (
        SELECT * FROM frames WHERE is_on
    )
"""

_VIOLATIONS = f"""{_SHOWN}, active AS (
        SELECT s.dev, s.session, s.conv, s.usr, s.rec, s.t_ns, s.until_ns, s.episode, max(y.dev) AS author,
               max(greatest(y.start_ns, least(s.until_ns, coalesce(y.refresh_ns, y.start_ns))))
                   FILTER (y.start_ns IS NOT NULL) AS idle_ns
        FROM shown s
        LEFT JOIN typing_truth y ON y.conv = s.conv AND y."user" = s.usr AND y.start_ns <= s.until_ns
                                AND y.episode = coalesce(s.episode, y.episode)
        GROUP BY s.dev, s.session, s.conv, s.usr, s.rec, s.t_ns, s.until_ns, s.episode
    ), authors AS (
        SELECT d."user" AS usr, i.from_ns, i.to_ns
        FROM impairments i JOIN devices d ON i.link IS NULL OR i.link = d.link
    ), past AS (
        SELECT CASE WHEN a.idle_ns IS NULL THEN 'nobody typed' ELSE 'past its expiry' END AS kind, NULL::BIGINT AS op,
               NULL::INTEGER AS seq, a.dev, a.session, a.conv, a.usr, a.t_ns, a.until_ns - a.idle_ns AS shown_ns
        FROM active a, bounds b
        WHERE a.idle_ns IS NULL
           OR (EXISTS (SELECT 1 FROM calm_windows w
                       WHERE w.session = a.session
                         AND least(w.to_ns, a.until_ns) - greatest(w.from_ns, a.idle_ns) > b.typing_ns + 2 * b.error_ns)
               AND NOT EXISTS (SELECT 1 FROM authors h
                               WHERE h.usr = a.usr AND h.from_ns < a.until_ns AND h.to_ns > a.idle_ns))
    ), stale AS (
        SELECT s.dev, s.session, s.conv, s.usr, s.rec, s.t_ns, y.dev AS author, y.start_ns,
               coalesce(y.refresh_ns, y.start_ns) AS active_ns
        FROM shown s
        JOIN typing_truth y ON y.conv = s.conv AND y."user" = s.usr AND y.start_ns <= s.t_ns
        WHERE y.episode = coalesce(s.episode, (SELECT arg_max(z.episode, z.start_ns) FROM typing_truth z
                                               WHERE z.conv = s.conv AND z."user" = s.usr AND z.start_ns <= s.t_ns))
          AND NOT EXISTS (SELECT 1 FROM authors h
                          WHERE h.usr = s.usr AND h.from_ns < s.t_ns AND h.to_ns > y.start_ns)
    ), spoken AS (
        SELECT 'after the message' AS kind, k.op, r.seq, t.dev, t.session, t.conv, t.usr, t.t_ns,
               t.t_ns - r.t_ns AS shown_ns
        FROM stale t
        JOIN send_keys k ON k.dev = t.author AND k.conv = t.conv AND k.invoke_ns > t.active_ns
        JOIN stream_rows r ON r.session = t.session AND r.stream = t.conv AND r.op = k.op
        WHERE r.rec < t.rec
    ), gone AS (
        SELECT 'after the removal' AS kind, m.op, r.seq, t.dev, t.session, t.conv, t.usr, t.t_ns,
               t.t_ns - r.t_ns AS shown_ns
        FROM stale t
        JOIN memberships m ON m.conv = t.conv AND m."user" = t.usr AND m.change IN ('leave', 'kick')
                          AND m.outcome = 'ok' AND m.done_ns >= t.start_ns
        JOIN stream_rows r ON r.session = t.session AND r.stream = t.conv AND r.seq = m.seq
                          AND r.event = m.change
        WHERE r.rec < t.rec
    ), found AS (
        SELECT * FROM past UNION ALL SELECT * FROM spoken UNION ALL SELECT * FROM gone
    )
    SELECT kind, list(DISTINCT op) AS ops, conv, list(DISTINCT seq) AS seqs, [session] AS sessions, [dev] AS devs,
           min(t_ns) AS t_ns, usr AS subject, max(shown_ns) AS shown_ns
    FROM found GROUP BY kind, conv, session, dev, usr
    ORDER BY t_ns NULLS LAST, session NULLS LAST, kind NULLS LAST
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    what = f"{wording.devices(finding.devs)} was shown user {data['subject']} typing in conversation {finding.conv}"
    match finding.kind:
        case "nobody typed":
            return f"{what}, who never began to"
        case "past its expiry":
            return f"{what} for {wording.seconds(data['shown_ns'])} after the last key"
        case "after the message":
            return f"{what} {wording.seconds(data['shown_ns'])} after {wording.messages(finding.ops)} had arrived there"
        case _:
            return f"{what}, whose removal ({wording.seqs(finding.seqs)}) had arrived there"


GUARANTEE = Guarantee(
    name="typing-expires",
    sentence="Typing is shown no longer than the bound after the last key, and not after the message or the leave.",
    broken_when="an episode is shown past the bound, or again after its author's message or removal came in the same "
    "session, or was never begun",
    class_="watermarked",
    key="conversation",
    claims=("typing",),
    tables=("typing_seen", "typing_truth", "connections", "devices"),
    bounds=("typing_ns",),
    violations=_VIOLATIONS,
    opportunities=f"{_SHOWN} SELECT count(*) FROM (SELECT DISTINCT session, conv, usr, episode FROM shown)",
    opportunity="episodes that some session showed",
    minimum=50,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a types
            b sees a typing for 6s
            wait 20s
        """,
        broken="""
            members a b
            a types
            b sees a typing
            wait 20s
        """,
    ),
    remarks="A frame is shown until the next one, its own time to live, or the session's end. That an episode is never "
    "shown, or ends early, is legal. While the watcher's link, the author's link or a process is under a fault, or "
    "was just healed, nothing is late.",
)
