"""Relations of retention: how long each message must be kept, and from when it must be gone; in the server's time."""

from __future__ import annotations

from chatproof.checkers.guarantees.relations.relation import Relation

STAMPED = Relation(
    "stamped",
    "Each message that the server put its time on, as anyone saw it first; empty where nothing is said of retention.",
    """
    SELECT t.conv, t.epoch, t.seq, any_value(k.op) AS op, min(t.server_ts_ns) AS server_ts_ns,
           min(t.t_ns) AS seen_ns, any_value(k.invoke_ns) AS invoke_ns, any_value(k.body_hash) AS body_hash
    FROM (SELECT conv, epoch, seq, op, server_ts_ns, t_ns FROM deliveries WHERE event = 'message'
          UNION ALL
          SELECT i.conv, i.epoch, i.seq, i.op, i.server_ts_ns, coalesce(r.done_ns, r.invoke_ns)
          FROM read_items i JOIN reads r ON r.read = i.read WHERE i.event = 'message' AND r.kind = 'history') t
    LEFT JOIN send_keys k ON k.op = t.op
    WHERE t.server_ts_ns IS NOT NULL
      AND (EXISTS (SELECT 1 FROM policies) OR EXISTS (SELECT 1 FROM surface_probes))
    GROUP BY t.conv, t.epoch, t.seq
    """,
)

SERVER_CLOCK = Relation(
    "server_clock",
    "One row: how far the server's clock is ahead of the run's, at least and at most: no message was stored before "
    "it was tried or after it was seen.",
    """
    SELECT least(max(server_ts_ns - seen_ns), min(server_ts_ns - invoke_ns)) - 2 * any_value(b.error_ns) AS low_ns,
           greatest(max(server_ts_ns - seen_ns), min(server_ts_ns - invoke_ns)) + 2 * any_value(b.error_ns) AS high_ns
    FROM stamped, bounds b
    """,
)

RULES = Relation(
    "rules",
    "Each policy as it may apply to a conversation: when it came into force, at the earliest and at the latest, in "
    "the server's time. One whose operation has no outcome may apply, and surely does not.",
    """
    SELECT c.conv, p.kind, p.scope, p.scope_id, p.keep_ns, coalesce(p.sweep_bound_ns, 0) AS sweep_ns,
           coalesce(p.effective_server_ns, o.invoke_ns + k.low_ns, 0) AS from_ns,
           coalesce(p.effective_server_ns, o.done_ns + k.high_ns, 0) AS surely_ns,
           o.op IS NULL OR coalesce(o.outcome, 'unknown') = 'ok' AS is_certain
    FROM policies p
    JOIN conversations c ON p.scope_id = CASE p.scope WHEN 'conversation' THEN c.conv ELSE c.workspace END
    LEFT JOIN operations o ON o.op = p.op, server_clock k
    WHERE o.outcome IS DISTINCT FROM 'fail'
    """,
)

HOLDS = Relation(
    "holds",
    "When a conversation is held: surely from `surely_ns` until `until_ns`, perhaps from `from_ns` on; `over_ns`: when "
    "the hold is surely over, NULL for never. In the server's time.",
    """
    SELECT h.conv, h.from_ns, h.surely_ns, h.is_certain, h.sweep_ns,
           coalesce(min(r.from_ns), 9223372036854775807) AS until_ns,
           min(CASE WHEN r.is_certain THEN r.surely_ns END) AS over_ns
    FROM rules h
    LEFT JOIN rules r ON r.kind = 'release' AND r.conv = h.conv AND r.scope = h.scope AND r.scope_id = h.scope_id
                         AND r.surely_ns >= h.from_ns
    WHERE h.kind = 'hold'
    GROUP BY h.conv, h.from_ns, h.surely_ns, h.is_certain, h.sweep_ns, h.scope, h.scope_id
    """,
)

LIFETIMES = Relation(
    "lifetimes",
    "How long each message must be kept where nothing holds it (`young_until_ns`: the shortest rule), and from when it "
    "must be gone (`gone_from_ns`: the longest rule or an erasure, all holds over, the sweep bound passed; NULL for "
    "never). In the server's time.",
    """
    WITH ruled AS (
        SELECT s.conv, s.epoch, s.seq,
               min(CASE WHEN r.kind = 'erase' THEN r.from_ns
                        WHEN r.keep_ns IS NOT NULL THEN greatest(s.server_ts_ns + r.keep_ns, r.from_ns) END)
                   AS young_until_ns,
               max(CASE WHEN r.kind = 'retention' THEN greatest(s.server_ts_ns + r.keep_ns, r.surely_ns) + r.sweep_ns
                   END) AS expired_ns,
               bool_or(r.kind = 'retention' AND r.is_certain)
                   AND NOT bool_or(r.kind = 'retention' AND r.keep_ns IS NULL) AS expires,
               min(CASE WHEN r.kind = 'erase' AND r.is_certain THEN r.surely_ns + r.sweep_ns END) AS erased_ns
        FROM stamped s
        JOIN rules r ON r.conv = s.conv
             AND (r.kind = 'retention' OR (r.kind = 'erase' AND (r.surely_ns >= s.server_ts_ns OR NOT r.is_certain)))
        GROUP BY s.conv, s.epoch, s.seq
    ), held AS (
        SELECT conv, bool_or(over_ns IS NULL) AS for_ever, max(over_ns + sweep_ns) AS over_ns FROM holds GROUP BY conv
    )
    SELECT s.conv, s.epoch, s.seq, s.op, s.body_hash, s.seen_ns, s.server_ts_ns,
           coalesce(r.young_until_ns, 9223372036854775807) AS young_until_ns,
           CASE WHEN NOT coalesce(h.for_ever, false) AND (r.expires OR r.erased_ns IS NOT NULL)
                THEN greatest(least(CASE WHEN r.expires THEN r.expired_ns END, r.erased_ns), h.over_ns) END
               AS gone_from_ns
    FROM stamped s
    LEFT JOIN ruled r ON r.conv = s.conv AND r.epoch = s.epoch AND r.seq = s.seq
    LEFT JOIN held h ON h.conv = s.conv
    """,
)

RELATIONS = (STAMPED, SERVER_CLOCK, RULES, HOLDS, LIFETIMES)
