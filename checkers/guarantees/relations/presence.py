"""Relations of presence: what each user's state truly was, and what each watcher believed while it could be judged."""

from __future__ import annotations

from chatproof.checkers.guarantees.relations.relation import Relation

DOUBTS = Relation(
    "presence_doubts",
    "When a device's recorded state is not to be relied on because of a fault on its link or on a process. `state` "
    "is the recorded state that is in doubt: online until its next hello after the fault, offline until the "
    "half-open bound after it. A kill ends both, and the doubts of earlier faults, when the node is ready: where one "
    "process is all there is, no old session survives it.",
    """
    WITH wipes AS (
        SELECT start_req_ns, ready_ns FROM kills
        WHERE ready_ns IS NOT NULL AND (SELECT count(DISTINCT node) FROM processes) = 1
    ), touched AS (
        SELECT d.dev, d."user" AS usr, x.kind, x.start_req_ns AS from_ns,
               coalesce(x.stop_req_ns, x.start_req_ns) AS mended_ns,
               CASE WHEN x.kind IN ('kill', 'unsynced_lost') THEN coalesce(k.ready_ns, f.run_end_ns)
                    ELSE coalesce(x.stop_confirmed_ns + b.presence_half_open_ns, f.run_end_ns) END AS to_ns
        FROM faults x
        JOIN devices d ON x.target_kind <> 'link' OR x.target = d.link
        LEFT JOIN kills k ON k.fault = x.fault, bounds b, finish f
    ), limited AS (
        SELECT t.dev, t.usr, t.from_ns, t.mended_ns,
               least(t.to_ns, coalesce((SELECT min(w.ready_ns) FROM wipes w WHERE w.start_req_ns >= t.from_ns),
                                       t.to_ns)) AS to_ns
        FROM touched t
    )
    SELECT dev, usr, 'offline' AS state, from_ns, to_ns FROM limited
    UNION ALL
    SELECT t.dev, t.usr, 'online', t.from_ns,
           least(t.to_ns, coalesce((SELECT min(s.from_ns) FROM sessions s
                                    WHERE s.dev = t.dev AND s.from_ns >= t.mended_ns), t.to_ns))
    FROM limited t
    """,
    extent="whole",
)

TRUTHS = Relation(
    "device_truths",
    "Each device's recorded state with its bound, and as `either` wherever a doubt covers it.",
    """
    SELECT p.usr, p.dev, p.state, p.from_ns, p.to_ns, p.bound_ns
    FROM (SELECT t."user" AS usr, t.dev, t.state, t.from_ns, coalesce(t.to_ns, f.run_end_ns) AS to_ns,
                 CASE t.cause WHEN 'half_open' THEN b.presence_half_open_ns ELSE b.presence_ns END AS bound_ns
          FROM presence_truth t, bounds b, finish f) p
    UNION ALL
    SELECT x.usr, x.dev, 'not ' || x.state, x.from_ns, x.to_ns, b.presence_ns FROM presence_doubts x, bounds b
    """,
    extent="whole",
)

USER_TRUTHS = Relation(
    "user_truths",
    "When a user was definitely online (some device is, without doubt) or definitely offline (every device is).",
    """
    WITH edges AS (
        SELECT usr, from_ns AS t_ns FROM device_truths UNION SELECT usr, to_ns FROM device_truths
    ), pieces AS (
        SELECT usr, t_ns AS from_ns, lead(t_ns) OVER (PARTITION BY usr ORDER BY t_ns NULLS LAST) AS to_ns FROM edges
    ), states AS (
        SELECT p.usr, p.from_ns, p.to_ns, d.dev,
               bool_or(coalesce(t.state = 'online', false)) AND NOT bool_or(coalesce(t.state = 'not online', false))
                   AND NOT bool_or(coalesce(t.state IN ('either', 'offline'), false)) AS is_online,
               bool_or(coalesce(t.state = 'offline', false)) AND NOT bool_or(coalesce(t.state = 'not offline', false))
                   AND NOT bool_or(coalesce(t.state IN ('either', 'online'), false)) AS is_offline,
               max(t.bound_ns) AS bound_ns
        FROM pieces p
        JOIN devices d ON d."user" = p.usr
             AND (d.plane <> 'probe' OR EXISTS (SELECT 1 FROM connections c WHERE c.dev = d.dev))
        LEFT JOIN device_truths t ON t.dev = d.dev AND t.from_ns <= p.from_ns AND t.to_ns >= p.to_ns
        WHERE p.to_ns IS NOT NULL AND p.to_ns > p.from_ns
        GROUP BY p.usr, p.from_ns, p.to_ns, d.dev
    ), users AS (
        SELECT usr, from_ns, to_ns, max(bound_ns) AS bound_ns,
               CASE WHEN bool_or(is_online) THEN 'online' WHEN bool_and(is_offline) THEN 'offline' ELSE 'either' END
                   AS state
        FROM states GROUP BY usr, from_ns, to_ns
    ), marked AS (
        SELECT *, CASE WHEN state = lag(state) OVER user_time THEN 0 ELSE 1 END AS is_new FROM users
        WINDOW user_time AS (PARTITION BY usr ORDER BY from_ns NULLS LAST)
    ), numbered AS (
        SELECT *, sum(is_new) OVER (PARTITION BY usr ORDER BY from_ns NULLS LAST) AS episode FROM marked
    )
    SELECT usr, any_value(state) AS state, min(from_ns) AS from_ns, max(to_ns) AS to_ns, max(bound_ns) AS bound_ns
    FROM numbered GROUP BY usr, episode
    HAVING any_value(state) <> 'either'
    """,
    extent="whole",
)

CALM_SESSIONS = Relation(
    "calm_windows",
    "The parts of each session in which no fault, and no recent heal, touched its link or a process.",
    """
    WITH cuts AS (
        SELECT s.session, i.from_ns, i.to_ns FROM sessions s
        JOIN impairments i ON (i.link IS NULL OR i.link = s.link) AND i.from_ns < s.to_ns AND i.to_ns > s.from_ns
    ), starts AS (
        SELECT session, from_ns AS at_ns FROM sessions UNION SELECT session, to_ns FROM cuts
    )
    SELECT s.session, s.dev, s.usr, a.at_ns AS from_ns,
           least(s.to_ns, coalesce((SELECT min(c.from_ns) FROM cuts c
                                    WHERE c.session = s.session AND c.from_ns >= a.at_ns), s.to_ns)) AS to_ns
    FROM starts a JOIN sessions s ON s.session = a.session
    WHERE a.at_ns < s.to_ns
      AND NOT EXISTS (SELECT 1 FROM cuts c
                      WHERE c.session = s.session AND c.from_ns <= a.at_ns AND c.to_ns > a.at_ns)
    """,
    extent="whole",
)

BELIEFS = Relation(
    "beliefs",
    "What a hydrated session held a subject to be, from one change to the next; the snapshot is where it begins.",
    """
    WITH seen AS (
        SELECT p.session, p.dev, p.subject, p.state, p.t_ns, p.rec,
               min(p.rec) FILTER (p.source = 'snapshot') OVER (PARTITION BY p.session, p.subject) AS hydrated_rec
        FROM presence_seen p WHERE p.source <> 'read'
    ), changes AS (
        SELECT *, lag(state) OVER steps IS DISTINCT FROM state AS is_change
        FROM seen WHERE rec >= hydrated_rec
        WINDOW steps AS (PARTITION BY session, subject ORDER BY rec NULLS LAST)
    )
    SELECT c.session, c.dev, c.subject, c.state, c.t_ns AS from_ns,
           coalesce(lead(c.t_ns) OVER (PARTITION BY c.session, c.subject ORDER BY c.rec NULLS LAST), s.to_ns) AS to_ns
    FROM changes c JOIN sessions s ON s.session = c.session
    WHERE c.is_change
    """,
    extent="whole",
)

RELATIONS = (DOUBTS, TRUTHS, USER_TRUTHS, CALM_SESSIONS, BELIEFS)
