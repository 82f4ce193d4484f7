"""no-silent-drop: a slow consumer gets everything in the end, or is told that it did not."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_DUE = """
    WITH slow AS (
        SELECT s.session, s.dev, s.usr, s.link, s.to_ns, x.fault, x.kind AS cause, x.start_req_ns AS from_ns,
               x.stop_confirmed_ns AS healed_ns, x.stop_confirmed_ns + b.slow_told_ns + 2 * b.error_ns AS due_ns
        FROM sessions s
        JOIN faults x ON (x.target_kind = 'link' AND x.target = s.link)
                      OR (x.kind = 'pause' AND x.target = coalesce(s.node, x.target)), bounds b
        WHERE x.start_confirmed_ns >= s.from_ns AND x.stop_confirmed_ns IS NOT NULL
    ), due AS (
        SELECT w.session, w.dev, w.cause, w.healed_ns, w.due_ns, e.conv, e.epoch, e.seq, e.op, u.level
        FROM slow w
        JOIN subscriptions u ON u.session = w.session AND coalesce(u.to_ns, w.to_ns) > w.due_ns
        JOIN events e ON e.conv = u.conv AND e.known_ns BETWEEN greatest(w.from_ns, u.from_ns) AND w.healed_ns
        JOIN entitlement m ON m.conv = e.conv AND m.usr = w.usr AND e.seq BETWEEN m.from_seq AND m.to_seq
        LEFT JOIN send_keys k ON k.op = e.op, claims c
        WHERE w.to_ns > w.due_ns
          AND (k.op IS NULL OR (k.dev <> w.dev AND NOT (c.echo = 'none' AND k.usr = w.usr)))
          AND NOT EXISTS (SELECT 1 FROM impairments i
                          WHERE i.fault <> w.fault AND (i.link IS NULL OR i.link = w.link)
                            AND i.from_ns < w.due_ns AND i.to_ns > w.healed_ns)
    )
"""

_VIOLATIONS = f"""{_DUE}, dropped AS (
        SELECT d.*, a.t_ns AS came_ns
        FROM due d
        LEFT JOIN arrived a ON a.dev = d.dev AND a.conv = d.conv AND a.epoch = d.epoch AND a.seq = d.seq
        WHERE (a.t_ns IS NULL OR a.t_ns > d.due_ns)
          AND NOT EXISTS (SELECT 1 FROM notices n
                          WHERE n.session = d.session AND n.conv = d.conv AND n.kind = 'gap' AND n.t_ns <= d.due_ns
                            AND d.seq BETWEEN n.from_seq AND n.to_seq)
          AND NOT (coalesce(d.level, 'live') = 'heads'
                   AND EXISTS (SELECT 1 FROM heads h
                               WHERE h.session = d.session AND h.conv = d.conv AND h.t_ns <= d.due_ns
                                 AND h.head_seq >= d.seq))
    )
    SELECT CASE WHEN bool_or(came_ns IS NULL) THEN 'never came' ELSE 'came too late' END AS kind,
           list(DISTINCT op) AS ops, conv, list(DISTINCT seq) AS seqs, [session] AS sessions, [dev] AS devs,
           due_ns AS t_ns, cause, due_ns - healed_ns AS waited_ns
    FROM dropped GROUP BY conv, session, dev, cause, healed_ns, due_ns
    ORDER BY t_ns NULLS LAST, session NULLS LAST, conv NULLS LAST
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    return (
        f"session {finding.sessions[0]} of {wording.devices(finding.devs)} lived through a {data['cause']}, was not"
        f" told of a gap, and {wording.seconds(data['waited_ns'])} after the heal still lacked"
        f" {wording.seqs(finding.seqs)} of conversation {finding.conv}"
    )


GUARANTEE = Guarantee(
    name="no-silent-drop",
    sentence="A slow consumer gets everything within the bound, or is told: by a gap notice, or a close with a code.",
    broken_when="a session whose link was stalled or cut outlives the fault, and within the bound neither gets what "
    "happened meanwhile nor is told of a gap",
    class_="final",
    key="session",
    claims=("told_drops",),
    tables=("faults", "connections", "subscriptions", "deliveries", "notices", "memberships", "devices"),
    bounds=("slow_told_ns",),
    violations=_VIOLATIONS,
    opportunities=f"{_DUE} SELECT count(DISTINCT session) FROM due",
    opportunity="sessions that outlived a fault of their link, or a pause of their node, during which events came",
    minimum=20,
    liveness=True,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            link b cut
            a sends m1
            a acked m1 = 1
            a sends m2
            a acked m2 = 2
            wait 2s
            link b mended
            b told gap 1-1
            b shows m2 = 2
            wait 11s
        """,
        broken="""
            members a b
            link b cut
            a sends m1
            a acked m1 = 1
            a sends m2
            a acked m2 = 2
            wait 2s
            link b mended
            b shows m2 = 2
            wait 11s
        """,
    ),
    remarks="What a repair brought in time has come. A session that ends within the bound was told. Who follows by "
    "heads only is told by a head.",
)
