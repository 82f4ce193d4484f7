"""progress: things go on, and go on again after a fault: operations succeed, settle, clients catch up, nodes return."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH tried AS (
        SELECT o.phase, o.kind, count(*) AS tried, count(*) FILTER (o.outcome = 'ok') AS succeeded,
               max(o.invoke_ns) AS t_ns,
               list(o.op ORDER BY o.op NULLS LAST) FILTER (o.outcome IS DISTINCT FROM 'ok') AS ops
        FROM operations o WHERE o.expect = 'ok' AND o.phase IN ('warm_up', 'main')
        GROUP BY o.phase, o.kind
    ), too_few AS (
        SELECT 'too few succeed' AS kind, ops[1:5] AS ops, [] AS devs, t_ns,
               kind || ' in ' || phase AS what, succeeded AS got, tried AS wanted
        FROM tried, bounds b
        WHERE tried >= b.progress_min_ok AND succeeded < b.progress_min_ok AND 2 * succeeded < tried
    ), unresolved AS (
        SELECT 'unresolved' AS kind, [o.op] AS ops, [o.dev] AS devs, o.invoke_ns + b.unresolved_ns AS t_ns,
               o.kind AS what, NULL::BIGINT AS got, b.unresolved_ns AS wanted
        FROM operations o, bounds b, claims c, finish f
        WHERE o.expect = 'ok' AND o.kind IN ('send', 'join', 'leave', 'kick') AND c.idempotent_window_s > 0
          AND coalesce(o.outcome, 'unknown') = 'unknown' AND o.invoke_ns + b.unresolved_ns < f.run_end_ns
          AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.op = o.op AND s.seq IS NOT NULL)
    ), drained AS (
        SELECT f.drain_end_ns FROM finish f, bounds b
        WHERE f.drain_start_ns IS NOT NULL AND (f.drain_end_ns - f.drain_start_ns) * 100 >= b.drain_ns * 99
    ), must_drain AS (
        SELECT DISTINCT d.dev, e.conv FROM entitlement e
        JOIN devices d ON d."user" = e.usr AND d.plane <> 'probe' AND d.persona <> 'probe'
        WHERE e.is_open AND EXISTS (SELECT 1 FROM connections c WHERE c.dev = d.dev)
    ), away AS (
        SELECT DISTINCT m.dev FROM must_drain m ANTI JOIN observers o ON o.dev = m.dev
    ), not_drained AS (
        SELECT 'no session' AS what, a.dev, NULL AS conv, [] AS seqs, [] AS sessions, d.drain_end_ns AS t_ns
        FROM away a, drained d
        UNION ALL
        SELECT 'behind the head of conversation ' || x.conv, x.dev, x.conv, [x.head_seq], [x.session], d.drain_end_ns
        FROM laggards x, drained d
    ), healed AS (
        SELECT x.fault, x.kind AS fault_kind, x.target_kind, x.target,
               coalesce(k.ready_ns, x.stop_confirmed_ns) AS from_ns
        FROM faults x LEFT JOIN kills k ON k.fault = x.fault WHERE x.stop_confirmed_ns IS NOT NULL
    ), watched AS (
        SELECT h.*, h.from_ns + b.recovery_ns AS to_ns FROM healed h, bounds b, finish f
        WHERE h.from_ns + b.recovery_ns <= f.drain_end_ns
          AND EXISTS (SELECT 1 FROM devices d WHERE h.target_kind <> 'link' OR d.link = h.target)
          AND NOT EXISTS (SELECT 1 FROM faults y
                          WHERE y.fault <> h.fault
                            AND (y.target_kind <> 'link' OR h.target_kind <> 'link' OR y.target = h.target)
                            AND y.start_req_ns < h.from_ns + b.recovery_ns
                            AND coalesce(y.stop_confirmed_ns, f.run_end_ns) > h.from_ns)
    ), round_trips AS (
        SELECT s.link, a.done_ns AS t_ns FROM attempts a JOIN sessions s ON s.session = a.session
        WHERE a.outcome = 'ok'
        UNION ALL SELECT link, from_ns FROM sessions
        UNION ALL SELECT s.link, h.t_ns FROM heads h JOIN sessions s ON s.session = h.session WHERE h.source = 'pong'
        UNION ALL SELECT s.link, r.done_ns FROM reads r JOIN sessions s ON s.session = r.session WHERE r.outcome = 'ok'
    ), silent AS (
        SELECT 'no round trip after heal' AS kind, [] AS ops, [] AS devs, w.to_ns AS t_ns,
               w.fault_kind || ' of ' || w.target AS what, NULL AS got, w.to_ns - w.from_ns AS wanted
        FROM watched w
        WHERE NOT EXISTS (SELECT 1 FROM round_trips r
                          WHERE r.t_ns BETWEEN w.from_ns AND w.to_ns
                            AND (w.target_kind <> 'link' OR r.link = w.target))
    ), down AS (
        SELECT 'not ready again' AS kind, [] AS ops, [] AS devs, p.t_ns + b.ready_ns AS t_ns, p.node AS what,
               NULL AS got, b.ready_ns AS wanted
        FROM processes p, bounds b, finish f
        WHERE p.event = 'killed' AND p.t_ns + b.ready_ns < f.run_end_ns
          AND NOT EXISTS (SELECT 1 FROM processes q
                          WHERE q.node = p.node AND q.event = 'ready'
                            AND q.t_ns BETWEEN p.t_ns AND p.t_ns + b.ready_ns)
    ), found AS (
        SELECT * FROM too_few UNION ALL SELECT * FROM unresolved UNION ALL SELECT * FROM silent
        UNION ALL SELECT * FROM down
    )
    SELECT kind, ops, NULL::INTEGER AS conv, [] AS seqs, [] AS sessions, devs, t_ns, what, got, wanted FROM found
    UNION ALL
    SELECT 'not drained', [], conv, seqs, sessions, [dev], t_ns, what, NULL, NULL FROM not_drained
    ORDER BY t_ns NULLS LAST, what NULLS LAST
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    match finding.kind:
        case "too few succeed":
            return f"{data['got']} of {data['wanted']} operations succeeded: {data['what']}"
        case "unresolved":
            late = wording.seconds(data["wanted"])
            return f"{wording.operations(finding.ops)} ({data['what']}) has no outcome after {late}"
        case "not drained":
            return f"{wording.devices(finding.devs)} did not catch up within the drain bound: {data['what']}"
        case "no round trip after heal":
            return f"nothing came back within {wording.seconds(data['wanted'])} after the {data['what']} was over"
        case _:
            return f"{data['what']} was killed and not ready again within {wording.seconds(data['wanted'])}"


GUARANTEE = Guarantee(
    name="progress",
    sentence="Operations succeed, settle, and go on after every fault; clients catch up; a killed node returns.",
    broken_when="per phase and kind too few succeed; an operation is unresolved after its bound; a client is not "
    "drained by the bound; no round trip comes within the bound after a heal; or the target is not ready within its "
    "bound after a restart",
    class_="final",
    key="none",
    tables=("operations", "attempts", "connections", "devices"),
    bounds=("progress_min_ok", "unresolved_ns", "drain_ns", "recovery_ns", "ready_ns"),
    violations=_VIOLATIONS,
    opportunities="""
        SELECT count(*) FROM operations
        WHERE expect = 'ok' AND phase IN ('warm_up', 'main') AND done_ns IS NOT NULL
    """,
    opportunity="operations of warm-up and main that were meant to succeed and have an outcome",
    minimum=100,
    liveness=True,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a sends m1
            a acked m1 = 1
            node killed
            node ready
            a disconnects
            a connects
            a sends m2
            a acked m2 = 2
        """,
        broken="""
            members a b
            a sends m1
            a acked m1 = 1
            node killed
            wait 20s
        """,
    ),
    remarks="Too few succeed: at least `progress_min_ok` were tried, fewer than that and fewer than half succeeded. "
    "An operation that someone sighted is resolved. Catching up is judged only where drain lasted its whole bound: "
    "where it ended before, everybody had caught up.",
)
