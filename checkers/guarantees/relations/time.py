"""Relations of time: where the run ends, when sessions lived, when links and processes were impaired."""

from __future__ import annotations

from chatproof.checkers.guarantees.relations.relation import Relation

FINISH = Relation(
    "finish",
    "One row: when drain began and ended, when the run ended, when the last send began.",
    """
    WITH seen AS (
        SELECT coalesce(max(t_ns), 0) AS last_ns FROM (
            SELECT max(t_ns) AS t_ns FROM deliveries UNION ALL SELECT max(done_ns) FROM operations
            UNION ALL SELECT max(done_ns) FROM reads UNION ALL SELECT max(t_ns) FROM presence_seen
            UNION ALL SELECT max(t_ns) FROM receipts
        )
    ), phase_ends AS (
        SELECT max(end_ns) AS last_ns,
               max(end_ns) FILTER (phase = 'drain') AS drain_end_ns,
               min(start_ns) FILTER (phase = 'drain') AS drain_start_ns
        FROM phases
    )
    SELECT drain_start_ns,
           coalesce(drain_end_ns, phase_ends.last_ns, seen.last_ns) AS drain_end_ns,
           greatest(coalesce(phase_ends.last_ns, 0), seen.last_ns) AS run_end_ns,
           (SELECT coalesce(max(invoke_ns), 0) FROM operations WHERE kind = 'send') AS last_send_ns
    FROM seen, phase_ends
    """,
    extent="whole",
)

SESSIONS = Relation(
    "sessions",
    "Each accepted session and how long it lived: from the hello to the first sign of its end, or to the run's end.",
    """
    SELECT c.session, c.dev, d."user" AS usr, c.link, c.node, c.hello_ok_ns AS from_ns,
           coalesce(least(c.close_invoke_ns, c.close_ns), f.run_end_ns) AS to_ns
    FROM connections c JOIN devices d ON d.dev = c.dev, finish f
    WHERE c.hello_ok_ns IS NOT NULL
    """,
    extent="whole",
)

IMPAIRMENTS = Relation(
    "impairments",
    "When a link (or, with link NULL, everything) was under a fault, or within the calm bound after its heal.",
    """
    SELECT fault, CASE target_kind WHEN 'link' THEN target END AS link, start_req_ns AS from_ns,
           coalesce(stop_confirmed_ns + b.calm_after_heal_ns, f.run_end_ns) AS to_ns
    FROM faults, bounds b, finish f
    """,
    extent="whole",
)

KILLS = Relation(
    "kills",
    "Each confirmed kill -9, alone or with the loss of what was not synced (`kind`): when it was asked for and "
    "confirmed, and when the node was ready again.",
    """
    SELECT k.fault, k.kind, k.target AS node, k.start_req_ns, k.start_confirmed_ns,
           coalesce((SELECT min(p.t_ns) FROM processes p
                     WHERE p.node = k.target AND p.event = 'ready' AND p.t_ns >= k.start_confirmed_ns),
                    k.stop_confirmed_ns) AS ready_ns
    FROM faults k
    WHERE k.kind IN ('kill', 'unsynced_lost') AND k.start_confirmed_ns IS NOT NULL
    """,
    extent="whole",
)

RETURNS = Relation(
    "returns",
    "Sessions that resumed with a gap while sends went on, each with the first conversation that had one.",
    """
    SELECT r.session, min(r.conv) AS conv FROM resumes r, finish f
    WHERE r.outcome = 'recovered' AND r.live_ns IS NOT NULL AND r.own_contiguous_seq < r.frontier_seq
      AND r.invoke_ns < f.last_send_ns
    GROUP BY r.session
    """,
    extent="whole",
)

RELATIONS = (FINISH, SESSIONS, IMPAIRMENTS, KILLS, RETURNS)
