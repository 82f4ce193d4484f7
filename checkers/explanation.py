"""Turns a finding into a counter-example that a person can follow: a sentence and at most twelve events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import duckdb

from chatproof.checkers.guarantee import Finding, Guarantee, name_op
from chatproof.checkers.results import Violation, Witness

MAX_WITNESSES = 12
_PER_SOURCE = 6


class _Source(NamedTuple):
    """Events of one kind. The query has columns t_ns, lane, text; `rank`: the smaller, the more it explains."""

    rank: int
    query: str


_SOURCES: tuple[_Source, ...] = (
    _Source(0, """
        SELECT o.invoke_ns AS t_ns, 'device ' || o.dev AS lane,
               'tries ' || o.kind || CASE WHEN o.ref_seq IS NULL THEN '' ELSE ' up to seq ' || o.ref_seq END
               || ' in conversation ' || coalesce(o.conv::TEXT, 'none') || ', operation ' || o.op AS text
        FROM operations o WHERE list_contains($ops, o.op)
    """),
    _Source(0, """
        SELECT a.done_ns AS t_ns, 'device ' || (a.op >> 32) AS lane,
               'attempt ' || a.attempt || ' of operation ' || a.op || ' on session ' || a.session || ': '
               || a.outcome || coalesce(' (' || nullif(a.code, '') || ')', '') || coalesce(', seq ' || a.ack_seq, '')
               || CASE WHEN a.duplicate THEN ', duplicate' ELSE '' END AS text
        FROM attempts a WHERE list_contains($ops, a.op) AND a.done_ns IS NOT NULL
    """),
    _Source(1, """
        SELECT d.t_ns, 'device ' || d.dev AS lane,
               CASE WHEN d.shown THEN 'shows ' ELSE 'gets ' END || d.event || ' at seq ' || d.seq
               || ' of conversation ' || d.conv || coalesce(', operation ' || d.op, '') || ', by ' || d.via
               || ' on session ' || d.session AS text
        FROM deliveries d
        WHERE (list_contains($ops, d.op) OR (d.conv = $conv AND list_contains($seqs, d.seq)))
          AND (len($devs) = 0 OR list_contains($devs, d.dev))
    """),
    _Source(1, """
        SELECT r.t_ns, 'device ' || r.dev AS lane,
               'sees user ' || r."user" || ' at delivered ' || r.delivered_seq || ', read ' || r.read_seq
               || ' in conversation ' || r.conv || ' by ' || r.source || ' on session ' || r.session AS text
        FROM receipts r
        WHERE r."user" = $subject AND r.conv = $conv AND list_contains($sessions, r.session)
          AND r.t_ns BETWEEN $t_ns - 60000000000 AND $t_ns
    """),
    _Source(1, """
        SELECT p.t_ns, 'device ' || p.dev AS lane,
               'sees user ' || p.subject || ' ' || p.state || ' (incarnation ' || p.incarnation || ', version ' || p.ver
               || ') by ' || p.source || ' on session ' || p.session AS text
        FROM presence_seen p WHERE p.subject = $subject AND list_contains($sessions, p.session)
    """),
    _Source(2, """
        SELECT t.from_ns AS t_ns, 'device ' || t.dev AS lane, 'is ' || t.state || ' by ' || t.cause AS text
        FROM presence_truth t WHERE t."user" = $subject AND len($sessions) > 0 AND $conv IS NULL
    """),
    _Source(2, """
        SELECT r.invoke_ns AS t_ns, 'session ' || r.session AS lane,
               'resumes conversation ' || r.conv || ' after seq ' || r.from_seq || ': '
               || coalesce(r.outcome, 'no answer') || coalesce(', frontier ' || r.frontier_seq, '')
               || coalesce(', live at ' || r.upto_seq, '') AS text
        FROM resumes r WHERE list_contains($sessions, r.session) AND r.conv = $conv
    """),
    _Source(2, """
        SELECT coalesce(r.done_ns, r.invoke_ns) AS t_ns, 'store' AS lane,
               'read ' || r.read || ' (walk ' || r.walk || ', page size ' || coalesce(r.page_limit::TEXT, 'unknown')
               || ') returns seq ' || i.seq || ' of conversation ' || i.conv
               || coalesce(', operation ' || i.op, '') AS text
        FROM read_items i JOIN reads r ON r.read = i.read
        WHERE list_contains($ops, i.op) OR (i.conv = $conv AND list_contains($seqs, i.seq))
    """),
    _Source(2, """
        SELECT w.done_ns AS t_ns, 'store' AS lane,
               'walk ' || w.walk || ' by device ' || w.dev || ' (page size ' || coalesce(w.page_limit::TEXT, 'unknown')
               || ') is complete: ' || count(i.seq) || ' events of conversation ' || w.conv || ', the last at seq '
               || coalesce(max(i.seq), 0) AS text
        FROM walks w LEFT JOIN reads r ON r.walk = w.walk LEFT JOIN read_items i ON i.read = r.read
        WHERE w.walk = $walk AND w.conv = $conv GROUP BY w.walk, w.dev, w.page_limit, w.conv, w.done_ns
    """),
    _Source(3, """
        SELECT c.hello_ok_ns AS t_ns, 'device ' || c.dev AS lane, 'session ' || c.session || ' is accepted'
               || coalesce(' by ' || c.node, '') AS text
        FROM connections c WHERE list_contains($sessions, c.session) AND c.hello_ok_ns IS NOT NULL
        UNION ALL
        SELECT c.close_ns, 'device ' || c.dev, 'session ' || c.session || ' ends ('
               || coalesce(c.close_kind, 'unknown') || ' by ' || coalesce(c.close_by, 'unknown') || ')'
        FROM connections c WHERE list_contains($sessions, c.session) AND c.close_ns IS NOT NULL
    """),
    _Source(3, """
        SELECT x.start_confirmed_ns AS t_ns, x.target_kind || ' ' || x.target AS lane, x.kind || ' begins' AS text
        FROM faults x WHERE x.start_confirmed_ns BETWEEN $t_ns - 10000000000 AND $t_ns
        UNION ALL
        SELECT x.stop_confirmed_ns, x.target_kind || ' ' || x.target, x.kind || ' is over'
        FROM faults x WHERE x.stop_confirmed_ns BETWEEN $t_ns - 10000000000 AND $t_ns
        UNION ALL
        SELECT p.t_ns, 'process ' || p.node, 'is ' || p.event FROM processes p
        WHERE p.t_ns BETWEEN $t_ns - 30000000000 AND $t_ns
    """),
)

_ACTIVE_FAULTS = """
    SELECT kind || ' of ' || target FROM faults, bounds b
    WHERE start_req_ns <= ? AND coalesce(stop_confirmed_ns + b.calm_after_heal_ns, ?) >= ?
    ORDER BY fault NULLS LAST
"""


def explain(sql: duckdb.DuckDBPyConnection, guarantee: Guarantee, finding: Finding) -> Violation:
    """The violation, told; `sql` has the relations in place. A finding's `subject` is the user, its `walk` the
    read that it is about."""
    faults = sql.execute(_ACTIVE_FAULTS, [finding.t_ns] * 3).fetchall()
    return Violation(
        sentence=guarantee.explain(finding),
        ops=finding.ops,
        conv=finding.conv,
        seqs=finding.seqs,
        sessions=finding.sessions,
        witnesses=_witnesses(sql, finding),
        faults=tuple(name for (name,) in faults),
    )


def _witnesses(sql: duckdb.DuckDBPyConnection, finding: Finding) -> tuple[Witness, ...]:
    """The events that explain most, in the order of time."""
    ranked: list[tuple[int, int, Witness]] = []
    for source in _SOURCES:
        for t_ns, lane, text in sql.execute(_nearest(source), _parameters(source, finding)).fetchall():
            ranked.append((source.rank, abs(t_ns - finding.t_ns), Witness(t_ns, lane, _named(text, finding.ops))))
    ranked.sort(key=lambda item: (item[0], item[1], item[2].lane, item[2].text))
    chosen = [witness for _, _, witness in ranked[:MAX_WITNESSES]]
    return tuple(sorted(chosen, key=lambda witness: (witness.t_ns, witness.lane, witness.text)))


def _nearest(source: _Source) -> str:
    """The source's events that are nearest to the moment of the finding."""
    return f"""
        SELECT DISTINCT t_ns, lane, text FROM ({source.query}) WHERE t_ns IS NOT NULL
        ORDER BY abs(t_ns - $t_ns) NULLS LAST, lane NULLS LAST, text NULLS LAST LIMIT {_PER_SOURCE}
    """


def _parameters(source: _Source, finding: Finding) -> dict[str, object]:
    """The parameters that the source's query names."""
    values: dict[str, object] = {
        "ops": list(finding.ops),
        "conv": finding.conv,
        "seqs": list(finding.seqs),
        "sessions": list(finding.sessions),
        "devs": list(finding.devs),
        "subject": finding.data.get("subject"),
        "walk": finding.data.get("walk"),
        "t_ns": finding.t_ns,
    }
    return {name: value for name, value in values.items() if name == "t_ns" or f"${name}" in source.query}


def _named(text: str, ops: Sequence[int]) -> str:
    """The text with operations as people read them."""
    for op in ops:
        text = text.replace(f"operation {op}", f"operation {name_op(op)}")
    return text
