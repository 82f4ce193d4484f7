"""Relations of what was seen: sightings of events, which events exist, which effect each send had."""

from __future__ import annotations

from chatproof.checkers.guarantees.relations.relation import Relation

EPOCHS = Relation(
    "epochs",
    "The epoch of a conversation that has only one: stands in where a row does not name it.",
    """
    SELECT conv, min(epoch) AS epoch
    FROM (SELECT conv, epoch FROM deliveries WHERE scope = 'conv'
          UNION ALL SELECT o.conv, a.ack_epoch FROM attempts a JOIN operations o ON o.op = a.op
          UNION ALL SELECT conv, epoch FROM read_items)
    WHERE epoch IS NOT NULL
    GROUP BY conv
    HAVING min(epoch) = max(epoch)
    """,
    extent="gathered",
)

KEYS = Relation(
    "send_keys",
    "Each send with its idempotency key as a number: the smallest operation of that (conversation, user, u).",
    """
    SELECT o.op, o.dev, d."user" AS usr, d.worker AS home, o.conv, o.expect, o.body_hash, o.invoke_ns, o.rec_invoke,
           min(o.op) OVER (PARTITION BY o.conv, d."user", coalesce(o.u, o.op::TEXT)) AS key_op
    FROM operations o JOIN devices d ON d.dev = o.dev
    WHERE o.kind = 'send'
    """,
    extent="gathered",
)

ACKS = Relation(
    "acks",
    "The first positive answer to each operation: when, and what it said. A sighting is no answer.",
    """
    SELECT op, min(done_ns) AS acked_ns, min(rec_done) AS acked_rec, min(ack_seq) AS ack_seq,
           min(session) AS session
    FROM (
        SELECT op, done_ns, rec_done, ack_seq, session FROM attempts WHERE outcome = 'ok'
        UNION ALL
        SELECT op, done_ns, rec_done, ack_seq, NULL FROM operations
        WHERE outcome = 'ok' AND coalesce(resolved_by, 'ack') IN ('ack', 'retry')
    )
    GROUP BY op
    """,
    extent="gathered",
)

SIGHTINGS = Relation(
    "sightings",
    "Every time that anyone saw an event of a conversation: arrival, page item, ack, or a membership's answer.",
    """
    WITH answers AS (
        SELECT op, session, done_ns, ack_epoch, ack_seq, ack_msg_id FROM attempts WHERE outcome = 'ok'
        UNION ALL
        SELECT op, NULL, done_ns, ack_epoch, ack_seq, ack_msg_id FROM operations WHERE outcome = 'ok'
    ), seen AS (
        SELECT conv, epoch, seq, msg_id, event, op, dev, session, t_ns, via AS source
        FROM deliveries WHERE scope = 'conv'
        UNION ALL
        SELECT i.conv, i.epoch, i.seq, i.msg_id, i.event, i.op, r.dev, r.session,
               coalesce(r.done_ns, r.invoke_ns), 'read'
        FROM read_items i JOIN reads r ON r.read = i.read WHERE r.kind = 'history'
        UNION ALL
        SELECT o.conv, coalesce(a.ack_epoch, e.epoch), a.ack_seq, a.ack_msg_id,
               CASE o.kind WHEN 'send' THEN 'message' ELSE o.kind END, o.op, o.dev, a.session, a.done_ns, 'answer'
        FROM answers a JOIN operations o ON o.op = a.op LEFT JOIN epochs e ON e.conv = o.conv
        WHERE o.kind IN ('send', 'edit', 'delete', 'join', 'leave', 'kick')
        UNION ALL
        SELECT m.conv, e.epoch, m.seq, NULL, m.change, m.op, NULL, NULL, m.done_ns, 'membership'
        FROM memberships m JOIN epochs e ON e.conv = m.conv
        WHERE m.outcome = 'ok' AND m.change IN ('join', 'leave', 'kick')
    )
    SELECT s.*, k.op AS sent_op, k.key_op
    FROM seen s LEFT JOIN send_keys k ON k.op = s.op AND s.event = 'message'
    WHERE s.seq IS NOT NULL AND s.epoch IS NOT NULL
    """,
)

EVENTS = Relation(
    "events",
    "Each event that exists, as far as anyone saw: its seq, its send where it is a known message, first sighting.",
    """
    SELECT conv, epoch, seq, min(event) AS event, min(sent_op) AS op, min(t_ns) AS known_ns
    FROM sightings GROUP BY conv, epoch, seq
    """,
    extent="gathered",
)

SENDS = Relation(
    "sends",
    "Each send with its first answer and its effect: the smallest (epoch, seq) under which anyone saw it.",
    """
    WITH effects AS (
        SELECT sent_op, min({'epoch': epoch, 'seq': seq}) AS at, min(t_ns) AS seen_ns
        FROM sightings WHERE sent_op IS NOT NULL GROUP BY sent_op
    )
    SELECT k.*, a.acked_ns, a.acked_rec, a.session AS ack_session, e.at.epoch AS epoch, e.at.seq AS seq, e.seen_ns
    FROM send_keys k LEFT JOIN acks a ON a.op = k.op LEFT JOIN effects e ON e.sent_op = k.op
    """,
    extent="gathered",
)

EXPOSED = Relation(
    "exposed_acks",
    "Acks received within the commit window before a confirmed kill: those that a server which acknowledges too "
    "early would lose.",
    """
    SELECT k.fault, k.kind, s.op, min(s.acked_ns) AS acked_ns
    FROM sends s JOIN kills k ON s.acked_ns <= k.start_confirmed_ns, bounds b
    WHERE s.acked_ns >= k.start_req_ns - b.commit_window_ns
    GROUP BY k.fault, k.kind, s.op
    """,
    extent="gathered",
)

STREAM = Relation(
    "stream_rows",
    "Arrivals on the stream itself (live or resume), in the order of `rec`; `stream` is the conversation, -1 for `me`.",
    """
    SELECT dev, session, scope, CASE scope WHEN 'me' THEN -1 ELSE conv END AS stream, conv, view, epoch, seq, frame,
           rec, t_ns, via, event, op
    FROM deliveries WHERE via IN ('live', 'resume')
    """,
    is_view=True,
)

STEPS = Relation(
    "stream_steps",
    "Arrivals on a stream that are not simply the next seq of their session: the first one, jumps, and what goes back "
    "or comes again. `before_seq`: the largest seq that the session had before on that stream, NULL for none.",
    """
    SELECT dev, session, scope, stream, view, epoch, seq, rec, t_ns, before_seq
    FROM (SELECT *, max(seq) OVER so_far AS before_seq FROM stream_rows
          WINDOW so_far AS (PARTITION BY dev, session, scope, stream, view, epoch ORDER BY rec NULLS LAST
                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
    WHERE before_seq IS NULL OR seq <> before_seq + 1
    """,
)

UNRULY = Relation(
    "unruly_streams",
    "Streams of a device on which not every arrival has a larger seq than all before it: something goes back or comes "
    "again, in a session or in a later one. On all others every arrival is a first sighting, and in order.",
    """
    WITH spans AS (
        SELECT dev, scope, stream, view, epoch, min(rec) AS first_rec, max(rec) AS last_rec, min(seq) AS low_seq,
               max(seq) AS high_seq
        FROM stream_rows GROUP BY dev, session, scope, stream, view, epoch
    ), compared AS (
        SELECT dev, scope, stream, view, epoch, first_rec, low_seq, max(last_rec) OVER earlier AS before_rec,
               max(high_seq) OVER earlier AS before_seq
        FROM spans
        WINDOW earlier AS (PARTITION BY dev, scope, stream, view, epoch ORDER BY first_rec NULLS LAST
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    SELECT dev, scope, stream, view, epoch FROM compared WHERE low_seq <= before_seq OR first_rec <= before_rec
    UNION
    SELECT dev, scope, stream, view, epoch FROM stream_steps WHERE seq <= before_seq
    """,
)

FIRSTS = Relation(
    "first_sightings",
    "The first arrival of each seq on each observer's stream: (device, scope, conversation, view, epoch).",
    """
    SELECT dev, scope, stream, view, epoch, seq, rec, session, via, t_ns, op, event, frame
    FROM stream_rows ANTI JOIN unruly_streams USING (dev, scope, stream, view, epoch)
    UNION ALL
    SELECT dev, scope, stream, view, epoch, seq, min(rec) AS rec, arg_min(session, rec) AS session,
           arg_min(via, rec) AS via, arg_min(t_ns, rec) AS t_ns, arg_min(op, rec) AS op,
           arg_min(event, rec) AS event, arg_min(frame, rec) AS frame
    FROM stream_rows SEMI JOIN unruly_streams USING (dev, scope, stream, view, epoch)
    GROUP BY dev, scope, stream, view, epoch, seq
    """,
    is_view=True,
)

RELATIONS = (EPOCHS, KEYS, ACKS, SIGHTINGS, EVENTS, SENDS, EXPOSED, STREAM, STEPS, UNRULY, FIRSTS)
