"""What each SLO measures, in SQL: one row per sample, (block, latency in ns, infinite for never).

Blocks are whole seconds (t_ns // 10^9) of the instant that a sample begins with. *Calm* is judged per sample and
device: from the beginning on for the given window, no fault and no recent heal touches its link or a process, and
the device has a session that is live on the conversation. A session that ends because the target or the network ended
it was live: only a device's own wish to go excuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import numpy as np

from chatproof.checkers.bootstrap import Blocks, Floats
from chatproof.checkers.objectives import Sample

MAX_GAP = 1_000
"""Events that a returning device may have missed for its catching up to be a sample."""

NEEDS: dict[Sample, tuple[str, ...]] = {
    "send_ack": ("operations", "attempts", "devices", "connections"),
    "delivery": ("operations", "devices", "connections", "subscriptions", "memberships", "deliveries"),
    "presence": ("presence_truth", "presence_seen", "devices", "connections", "memberships"),
    "caught_up": ("resumes", "connections"),
}
"""Sample → the tables without which it cannot be observed."""


class Samples(NamedTuple):
    """The samples of one objective: latency in ns (infinite for never) and block, place by place."""

    latency_ns: Floats
    blocks: Blocks


class SampleWindow(NamedTuple):
    """What is sampled: [start, end) of main after warm-up, `late_ns` for returning devices, without the bad blocks.

    `calm_ns` is how long after its beginning a sample must be calm.
    """

    start_ns: int
    end_ns: int
    late_ns: int
    bad: Sequence[int]
    calm_ns: int


_LIVE = """
    live AS (
        SELECT s.session, s.dev, s.usr, s.link, s.from_ns, s.to_ns,
               coalesce(c.close_by = 'client' AND c.close_kind IN ('clean', 'abort'), false) AS left_by_itself
        FROM sessions s JOIN connections c ON c.session = s.session
    )"""
_SENT = """
    sent AS (
        SELECT s.op, s.dev, s.usr, s.conv, s.seq, s.acked_ns, o.outcome, o.intended_ns AS from_ns,
               o.intended_ns + $calm_ns AS to_ns
        FROM sends s JOIN operations o ON o.op = s.op
        WHERE s.expect = 'ok' AND o.intended_ns >= $start_ns AND o.intended_ns < $end_ns
          AND NOT list_contains($bad, o.intended_ns // 1000000000)
    ), calm_sent AS (
        SELECT m.* FROM sent m
        WHERE EXISTS (
            SELECT 1 FROM live s WHERE s.dev = m.dev AND s.from_ns <= m.from_ns AND s.to_ns > m.from_ns
            AND (s.to_ns >= m.to_ns OR NOT s.left_by_itself)
            AND NOT EXISTS (SELECT 1 FROM impairments i WHERE (i.link IS NULL OR i.link = s.link)
                            AND i.from_ns <= m.to_ns AND i.to_ns >= m.from_ns))
    )"""
_SEND_ACK = f"""
    WITH {_LIVE}, {_SENT}
    SELECT from_ns // 1000000000 AS block,
           CASE WHEN acked_ns IS NULL THEN 'infinity'::DOUBLE ELSE acked_ns - from_ns END AS latency_ns
    FROM calm_sent"""
_DELIVERY = f"""
    WITH {_LIVE}, {_SENT}, followed_calmly AS (
        SELECT m.op, m.from_ns, s.dev
        FROM calm_sent m
        JOIN subscriptions f ON f.conv = m.conv AND f.from_ns <= m.from_ns AND coalesce(f.to_ns, m.to_ns) > m.from_ns
        JOIN live s ON s.session = f.session AND s.dev <> m.dev
        JOIN entitlement e ON e.conv = m.conv AND e.usr = s.usr AND m.seq BETWEEN e.from_seq AND e.to_seq
        LEFT JOIN resumes r ON r.session = f.session AND r.conv = m.conv, claims c
        WHERE m.outcome IS DISTINCT FROM 'fail' AND m.seq IS NOT NULL
          AND (s.usr <> m.usr OR c.echo <> 'none')
          AND (least(coalesce(f.to_ns, s.to_ns), s.to_ns) >= m.to_ns OR NOT s.left_by_itself)
          AND (r.session IS NULL OR r.live_ns <= m.from_ns)
          AND NOT EXISTS (SELECT 1 FROM impairments i WHERE (i.link IS NULL OR i.link = s.link)
                          AND i.from_ns <= m.to_ns AND i.to_ns >= m.from_ns)
    ), shown_first AS (
        SELECT op, dev, min(t_ns) AS t_ns FROM deliveries WHERE shown AND event = 'message' GROUP BY op, dev
    )
    SELECT f.from_ns // 1000000000 AS block,
           max(CASE WHEN d.t_ns IS NULL THEN 'infinity'::DOUBLE ELSE d.t_ns - f.from_ns END) AS latency_ns
    FROM followed_calmly f LEFT JOIN shown_first d ON d.op = f.op AND d.dev = f.dev
    GROUP BY f.op, f.from_ns"""
_PRESENCE = """
    WITH spells AS (
        SELECT usr, state, to_ns, bound_ns, lag(state) OVER user_time AS was, lag(to_ns) OVER user_time AS begun_ns
        FROM user_truths WINDOW user_time AS (PARTITION BY usr ORDER BY from_ns)
    ), changes AS (
        SELECT p.usr, p.state, p.begun_ns, p.begun_ns + p.bound_ns AS due_ns, p.bound_ns - b.presence_ns AS silent_ns
        FROM spells p, bounds b
        WHERE p.was <> p.state AND p.to_ns - p.begun_ns >= p.bound_ns
          AND p.begun_ns >= $start_ns AND p.begun_ns < $end_ns AND NOT list_contains($bad, p.begun_ns // 1000000000)
          AND NOT EXISTS (SELECT 1 FROM impairments i WHERE i.from_ns <= p.begun_ns + p.bound_ns
                          AND i.to_ns >= p.begun_ns AND (i.link IS NULL OR i.link IN (
                              SELECT d.link FROM devices d WHERE d."user" = p.usr)))
    ), absences AS (
        SELECT l."user" AS usr, l.invoke_ns AS from_ns, coalesce(min(j.done_ns) + b.presence_ns, f.run_end_ns) AS to_ns
        FROM memberships l
        LEFT JOIN memberships j ON j.conv = l.conv AND j."user" = l."user" AND j.change IN ('join', 'invite')
             AND j.invoke_ns > l.invoke_ns, bounds b, finish f
        WHERE l.change IN ('kick', 'leave') AND l.outcome IS DISTINCT FROM 'fail'
        GROUP BY l."user", l.conv, l.invoke_ns, b.presence_ns, f.run_end_ns
    ), watchers AS (
        SELECT c.*, s.session
        FROM changes c JOIN sessions s ON s.usr <> c.usr AND s.from_ns <= c.begun_ns AND s.to_ns >= c.due_ns
        WHERE EXISTS (SELECT 1 FROM beliefs h
                      WHERE h.session = s.session AND h.subject = c.usr AND h.from_ns <= c.begun_ns)
          AND NOT EXISTS (SELECT 1 FROM impairments i WHERE (i.link IS NULL OR i.link = s.link)
                          AND i.from_ns <= c.due_ns AND i.to_ns >= c.begun_ns)
          AND NOT EXISTS (SELECT 1 FROM absences a WHERE a.usr IN (s.usr, c.usr)
                          AND a.from_ns <= c.due_ns AND a.to_ns >= c.begun_ns)
    ), settled AS (
        SELECT w.usr, w.begun_ns, w.silent_ns, w.session, max(h.to_ns) AS settled_ns
        FROM watchers w LEFT JOIN beliefs h ON h.session = w.session AND h.subject = w.usr AND h.state <> w.state
             AND h.from_ns < w.due_ns AND h.to_ns > w.begun_ns
        GROUP BY ALL
    )
    SELECT begun_ns // 1000000000 AS block,
           max(greatest(coalesce(settled_ns - begun_ns - silent_ns, 0), 0))::DOUBLE AS latency_ns
    FROM settled GROUP BY usr, begun_ns"""
"""Who was removed from a conversation and is not back may share none with the other, and then has no right to know."""
_CAUGHT_UP = f"""
    WITH {_LIVE}, streams AS (
        SELECT r.session, coalesce(r.live_ns, CASE WHEN q.outcome = 'ok' THEN q.done_ns END) AS reached_ns,
               r.frontier_seq - r.own_contiguous_seq AS gap
        FROM resumes r LEFT JOIN reads q ON q.read = r.reload_read
        WHERE r.own_contiguous_seq < r.frontier_seq OR (r.frontier_seq IS NULL AND r.outcome IS DISTINCT FROM 'refused')
    ), sampled AS (
        SELECT s.session, s.from_ns, s.to_ns, s.left_by_itself,
               max(CASE WHEN r.reached_ns IS NULL THEN 'infinity'::DOUBLE ELSE r.reached_ns - s.from_ns END)
                   AS latency_ns
        FROM streams r JOIN live s ON s.session = r.session
        WHERE s.from_ns >= $start_ns AND s.from_ns < $late_ns AND NOT list_contains($bad, s.from_ns // 1000000000)
        GROUP BY ALL HAVING coalesce(sum(r.gap), 0) <= {MAX_GAP}
    )
    SELECT s.from_ns // 1000000000 AS block, s.latency_ns FROM sampled s JOIN live l ON l.session = s.session
    WHERE isfinite(s.latency_ns) OR s.to_ns >= s.from_ns + $calm_ns
       OR NOT (s.left_by_itself OR EXISTS (
           SELECT 1 FROM impairments i WHERE (i.link IS NULL OR i.link = l.link)
           AND i.from_ns <= s.to_ns AND i.to_ns >= s.from_ns))"""
"""A session that ended before it could be late, by its own wish or under a fault, is no sample: the next one is."""

_APART = f"""
    WITH {_LIVE}, {_SENT}, touched AS (
        SELECT m.op, min(f.kind) AS kind
        FROM sent m JOIN devices d ON d.dev = m.dev
        JOIN impairments i ON (i.link IS NULL OR i.link = d.link) AND i.from_ns <= m.to_ns AND i.to_ns >= m.from_ns
        JOIN faults f ON f.fault = i.fault
        GROUP BY m.op
    )
    SELECT coalesce(t.kind, 'away') AS kind, count(*) AS samples,
           quantile_disc(CASE WHEN m.acked_ns IS NULL THEN 'infinity'::DOUBLE ELSE m.acked_ns - m.from_ns END, 0.95)
    FROM sent m ANTI JOIN calm_sent c ON c.op = m.op LEFT JOIN touched t ON t.op = m.op
    GROUP BY ALL ORDER BY samples DESC, kind"""
_QUERIES: dict[Sample, str] = {
    "send_ack": _SEND_ACK, "delivery": _DELIVERY, "presence": _PRESENCE, "caught_up": _CAUGHT_UP,
}


def queries_of(sample: Sample) -> tuple[str, ...]:
    """What is asked for a sample: for those who must know which relations it rests on."""
    return (_QUERIES[sample], _APART) if sample == "send_ack" else (_QUERIES[sample],)


def samples_of(sql: duckdb.DuckDBPyConnection, sample: Sample, window: SampleWindow) -> Samples:
    """The samples of one kind; `sql` has the judge's relations in place."""
    query = _QUERIES[sample]
    columns = sql.execute(f"SELECT block, latency_ns FROM ({query}) ORDER BY ALL", _given(query, window)).fetchnumpy()
    return Samples(np.asarray(columns["latency_ns"], np.float64), np.asarray(columns["block"], np.int64))


class Apart(NamedTuple):
    """Sends that were not calm, by what touched them (a kind of fault, or `away`), with their own p95 in ns."""

    kind: str
    samples: int
    p95_ns: float


def sends_apart(sql: duckdb.DuckDBPyConnection, window: SampleWindow) -> tuple[Apart, ...]:
    """What the send samples leave out, the most frequent first."""
    return tuple(Apart(*row) for row in sql.execute(_APART, _given(_APART, window)).fetchall())


def _given(query: str, window: SampleWindow) -> dict[str, object]:
    """The parameters that a query names; DuckDB refuses others."""
    return {name: value for name, value in window._asdict().items() if f"${name}" in query}
