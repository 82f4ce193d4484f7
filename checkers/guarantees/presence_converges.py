"""presence-converges: what watchers see of a user becomes the truth in time, and versions never go back."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH wrong AS (
        SELECT h.session, h.dev, h.subject, h.state AS seen_state, t.state AS true_state, t.bound_ns,
               greatest(h.from_ns, t.from_ns, w.from_ns) AS from_ns, least(h.to_ns, t.to_ns, w.to_ns) AS to_ns
        FROM beliefs h
        JOIN user_truths t ON t.usr = h.subject AND t.state <> h.state AND t.from_ns < h.to_ns AND t.to_ns > h.from_ns
        JOIN calm_windows w ON w.session = h.session AND w.from_ns < h.to_ns AND w.to_ns > h.from_ns
        WHERE h.state IN ('online', 'offline')
    ), late AS (
        SELECT w.session, w.dev, w.subject, w.seen_state, w.true_state, w.from_ns, w.to_ns, w.bound_ns
        FROM wrong w, bounds b WHERE w.to_ns - w.from_ns > w.bound_ns + 2 * b.error_ns
    ), versions AS (
        SELECT session, dev, subject, state, t_ns, incarnation, ver,
               max({'incarnation': incarnation, 'ver': ver}) OVER before AS newest
        FROM presence_seen WHERE source <> 'read'
        WINDOW before AS (PARTITION BY session, subject ORDER BY rec NULLS LAST
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    SELECT 'wrong too long' AS kind, [] AS ops, NULL::INTEGER AS conv, [] AS seqs, [session] AS sessions,
           [dev] AS devs, from_ns + bound_ns AS t_ns, subject, seen_state, true_state,
           to_ns - from_ns AS lasted_ns, bound_ns
    FROM late
    UNION ALL
    SELECT 'older after newer', [], NULL, [], [session], [dev], t_ns, subject, state, NULL, NULL, NULL
    FROM versions WHERE newest > {'incarnation': incarnation, 'ver': ver}
    ORDER BY t_ns NULLS LAST, subject NULLS LAST
"""

_OPPORTUNITIES = """
    SELECT count(DISTINCT t.usr)
    FROM kills k, user_truths t, bounds b
    WHERE t.state = 'offline' AND k.ready_ns IS NOT NULL
      AND t.from_ns <= k.ready_ns + b.presence_ns
      AND t.to_ns - greatest(t.from_ns, k.ready_ns) >= b.presence_ns + 5000000000
      AND EXISTS (SELECT 1 FROM sessions s
                  WHERE s.usr = t.usr AND s.from_ns < k.start_req_ns AND s.to_ns >= k.start_req_ns - 1000000000)
      AND EXISTS (SELECT 1 FROM beliefs h JOIN calm_windows w ON w.session = h.session
                  WHERE h.subject = t.usr AND h.from_ns >= k.start_req_ns
                    AND least(h.to_ns, w.to_ns, t.to_ns) - greatest(h.from_ns, w.from_ns, t.from_ns) > b.presence_ns)
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    if finding.kind == "older after newer":
        return f"{wording.devices(finding.devs)} was shown an older version of user {data['subject']} after a newer one"
    return (
        f"{wording.devices(finding.devs)} saw user {data['subject']} {data['seen_state']} for"
        f" {wording.seconds(data['lasted_ns'])} while the user was {data['true_state']}; the bound is"
        f" {wording.seconds(data['bound_ns'])}"
    )


GUARANTEE = Guarantee(
    name="presence-converges",
    sentence="What watchers see of a user becomes the truth within the bound, and never goes back to an older version.",
    broken_when="an eligible watcher (live, unfaulted, hydrated session) differs from the truth longer than that "
    "change's bound, or is shown an older version after a newer one",
    class_="final",
    key="subject",
    claims=("presence",),
    tables=("presence_truth", "presence_seen", "connections", "devices", "faults", "processes"),
    bounds=("presence_ns", "presence_half_open_ns", "calm_after_heal_ns"),
    violations=_VIOLATIONS,
    opportunities=_OPPORTUNITIES,
    opportunity="users who left at a kill and stayed away for bound + 5 s under a watcher",
    minimum=20,
    liveness=True,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a is online
            b sees a online at first
            node killed
            a disconnects
            b disconnects
            node ready
            b connects
            b sees a offline at first
            wait 20s
        """,
        broken="""
            members a b
            a is online
            b sees a online at first
            node killed
            a disconnects
            b disconnects
            node ready
            b connects
            b sees a online at first
            wait 20s
        """,
    ),
    remarks="A user is online if any device is, offline if all are. While a device's link or server is under a fault, "
    "and until the half-open bound after it or its next hello, it may be either; after a kill until the node is ready "
    "again, for no old session survives it. A watcher is judged only where its own link and every process were calm.",
)
