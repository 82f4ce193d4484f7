"""receipts-converge: at rest, everybody sees every acknowledged marker."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_REST = """
    WITH asked AS (
        SELECT d."user" AS usr, o.conv, max(o.invoke_ns) AS last_ns,
               coalesce(max(o.ref_seq) FILTER (o.outcome = 'ok'), 0) AS delivered_seq,
               coalesce(max(o.ref_seq) FILTER (o.outcome = 'ok' AND o.marker = 'read'), 0) AS read_seq,
               arg_max(o.op, o.ref_seq) FILTER (o.outcome = 'ok') AS op
        FROM operations o JOIN devices d ON d.dev = o.dev WHERE o.kind = 'receipt'
        GROUP BY d."user", o.conv
    ), seen AS (
        SELECT dev, conv, "user" AS usr, arg_max(delivered_seq, rec) AS delivered_seq,
               arg_max(read_seq, rec) AS read_seq, max(t_ns) AS t_ns
        FROM receipts WHERE source <> 'read' GROUP BY dev, conv, "user"
    ), at_rest AS (
        SELECT o.dev, o.session, o.conv, a.usr, a.op, s.delivered_seq, s.read_seq, s.t_ns,
               a.delivered_seq AS asked_delivered, a.read_seq AS asked_read
        FROM asked a
        JOIN entitlement m ON m.conv = a.conv AND m.usr = a.usr AND m.is_open
        JOIN observers o ON o.conv = a.conv
        JOIN sessions l ON l.session = o.session
        JOIN seen s ON s.dev = o.dev AND s.conv = o.conv AND s.usr = a.usr, bounds b
        WHERE greatest(a.last_ns, s.t_ns) + b.receipts_rest_ns <= o.to_ns
          AND NOT EXISTS (SELECT 1 FROM memberships m
                          WHERE m.conv = o.conv AND m."user" IN (o.usr, a.usr)
                            AND m.outcome IS DISTINCT FROM 'fail'
                            AND coalesce(m.done_ns, m.invoke_ns) > l.from_ns)
    )
"""

_VIOLATIONS = f"""{_REST}, behind AS (
        SELECT 'not visible' AS kind, [op] AS ops, conv, [session] AS sessions, [dev] AS devs, t_ns, usr AS subject,
               CASE WHEN read_seq < asked_read THEN 'read' ELSE 'delivered' END AS marker,
               CASE WHEN read_seq < asked_read THEN read_seq ELSE delivered_seq END AS seen_seq,
               CASE WHEN read_seq < asked_read THEN asked_read ELSE asked_delivered END AS other_seq
        FROM at_rest WHERE read_seq < asked_read OR delivered_seq < asked_delivered
    ), split AS (
        SELECT 'observers disagree' AS kind, list(DISTINCT op) AS ops, conv, list(DISTINCT session) AS sessions,
               list(DISTINCT dev) AS devs, max(t_ns) AS t_ns, usr AS subject,
               CASE WHEN min(read_seq) < max(read_seq) THEN 'read' ELSE 'delivered' END AS marker,
               CASE WHEN min(read_seq) < max(read_seq) THEN min(read_seq) ELSE min(delivered_seq) END AS seen_seq,
               CASE WHEN min(read_seq) < max(read_seq) THEN max(read_seq) ELSE max(delivered_seq) END AS other_seq
        FROM at_rest GROUP BY conv, usr
        HAVING min(read_seq) < max(read_seq) OR min(delivered_seq) < max(delivered_seq)
    ), found AS (
        SELECT * FROM behind UNION ALL SELECT * FROM split
    )
    SELECT *, [seen_seq, other_seq] AS seqs FROM found
    ORDER BY t_ns NULLS LAST, conv NULLS LAST, kind NULLS LAST
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    marker = f"{data['marker']} marker of user {data['subject']} in conversation {finding.conv}"
    if finding.kind == "not visible":
        return (
            f"the {marker} was acknowledged at seq {data['other_seq']}, and at rest"
            f" {wording.devices(finding.devs)} had it at {data['seen_seq']}"
        )
    return f"at rest the {marker} is at seq {data['seen_seq']} for some and at {data['other_seq']} for others"


GUARANTEE = Guarantee(
    name="receipts-converge",
    sentence="Once nobody marks any more, everybody sees every acknowledged marker.",
    broken_when="an acked marker is not visible to all at rest, or observers disagree at rest",
    class_="final",
    key="conversation and user",
    claims=("receipts",),
    tables=("receipts", "operations", "devices", "connections", "memberships"),
    bounds=("receipts_rest_ns",),
    violations=_VIOLATIONS,
    opportunities=f"{_REST} SELECT count(*) FROM at_rest",
    opportunity="markers at rest, each as one device saw it",
    minimum=100,
    explain=_explain,
    story=Story(
        clean="""
            members a b c
            a marks read 5
            b sees a read 5
            c sees a read 5
            wait 6s
        """,
        broken="""
            members a b c
            a marks read 5
            b sees a read 5
            c sees a read 4
            wait 6s
        """,
    ),
    remarks="At rest: neither a receipt of that user in that conversation nor a change of it at that device within "
    "the bound before the device's session ended. Only devices that were ever told of the marker are judged: large "
    "groups may be told counts instead. Where the watching or the marking user left or joined during the session "
    "nothing is judged: markers of the time away come with the next resume.",
)
