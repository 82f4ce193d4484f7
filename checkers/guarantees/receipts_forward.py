"""receipts-forward: markers never run ahead of their user and never go back."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH asked AS (
        SELECT d."user" AS usr, o.conv, o.invoke_ns,
               max(o.ref_seq) OVER said AS delivered_seq,
               max(o.ref_seq) FILTER (o.marker = 'read') OVER said AS read_seq
        FROM operations o JOIN devices d ON d.dev = o.dev
        WHERE o.kind = 'receipt'
        WINDOW said AS (PARTITION BY d."user", o.conv ORDER BY o.invoke_ns NULLS LAST
                        RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ), seen AS (
        SELECT r.rec, r.t_ns, r.dev, r.session, r.conv, r."user" AS usr, r.delivered_seq, r.read_seq, r.source,
               r.t_ns + 2 * b.error_ns AS surely_ns
        FROM receipts r, bounds b
    ), ahead AS (
        SELECT 'ahead of its user' AS kind, s.conv, s.session, s.dev, s.t_ns, s.usr,
               CASE WHEN s.read_seq > coalesce(a.read_seq, 0) THEN 'read' ELSE 'delivered' END AS marker,
               CASE WHEN s.read_seq > coalesce(a.read_seq, 0) THEN s.read_seq ELSE s.delivered_seq END AS seen_seq,
               CASE WHEN s.read_seq > coalesce(a.read_seq, 0) THEN coalesce(a.read_seq, 0)
                    ELSE coalesce(a.delivered_seq, 0) END AS other_seq
        FROM seen s ASOF LEFT JOIN asked a ON a.usr = s.usr AND a.conv = s.conv AND s.surely_ns >= a.invoke_ns
        WHERE s.read_seq > coalesce(a.read_seq, 0) OR s.delivered_seq > coalesce(a.delivered_seq, 0)
    ), steps AS (
        SELECT *, max(read_seq) OVER before AS before_read, max(delivered_seq) OVER before AS before_delivered
        FROM seen WHERE source <> 'read'
        WINDOW before AS (PARTITION BY session, conv, usr ORDER BY rec NULLS LAST
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), back AS (
        SELECT 'went back' AS kind, conv, session, dev, t_ns, usr,
               CASE WHEN read_seq < before_read THEN 'read' ELSE 'delivered' END AS marker,
               CASE WHEN read_seq < before_read THEN read_seq ELSE delivered_seq END AS seen_seq,
               CASE WHEN read_seq < before_read THEN before_read ELSE before_delivered END AS other_seq
        FROM steps WHERE read_seq < before_read OR delivered_seq < before_delivered
    ), crossed AS (
        SELECT 'read beyond delivered' AS kind, conv, session, dev, t_ns, usr, 'read' AS marker, read_seq AS seen_seq,
               delivered_seq AS other_seq
        FROM seen WHERE read_seq > delivered_seq
    ), found AS (
        SELECT * FROM ahead UNION ALL SELECT * FROM back UNION ALL SELECT * FROM crossed
    )
    SELECT f.kind,
           (SELECT list(o.op ORDER BY o.op NULLS LAST) FROM operations o JOIN devices d ON d.dev = o.dev
            WHERE o.kind = 'receipt' AND d."user" = f.usr AND o.conv = f.conv
              AND o.ref_seq IN (f.seen_seq, f.other_seq)) AS ops,
           f.conv, [f.seen_seq, f.other_seq] AS seqs, [f.session] AS sessions, [f.dev] AS devs, f.t_ns,
           f.usr AS subject, f.marker, f.seen_seq, f.other_seq
    FROM found f
    ORDER BY f.t_ns NULLS LAST, f.dev NULLS LAST, f.conv NULLS LAST
"""

_OPPORTUNITIES = """
    WITH marks AS (
        SELECT d."user" AS usr, o.conv, o.marker, o.ref_seq, o.invoke_ns, o.done_ns
        FROM operations o JOIN devices d ON d.dev = o.dev
        WHERE o.kind = 'receipt' AND o.outcome = 'ok'
    ), highest AS (
        SELECT usr, conv, marker, done_ns, max(ref_seq) OVER told AS ref_seq FROM marks
        WINDOW told AS (PARTITION BY usr, conv, marker ORDER BY done_ns NULLS LAST
                        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    )
    SELECT count(*) FROM marks m ASOF JOIN highest h
      ON h.usr = m.usr AND h.conv = m.conv AND h.marker = m.marker AND m.invoke_ns >= h.done_ns
    WHERE m.ref_seq < h.ref_seq
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    marker = f"the {data['marker']} marker of user {data['subject']} in conversation {finding.conv}"
    who = wording.devices(finding.devs)
    match finding.kind:
        case "went back":
            return f"{who} saw {marker} go back from seq {data['other_seq']} to {data['seen_seq']} within one session"
        case "ahead of its user":
            most = f"the user had asked for {data['other_seq']} at most"
            return f"{who} saw {marker} at seq {data['seen_seq']}, and {most}"
        case _:
            return f"{who} saw {marker} at seq {data['seen_seq']}, beyond what was delivered ({data['other_seq']})"


GUARANTEE = Guarantee(
    name="receipts-forward",
    sentence="Markers only move forward, never beyond what their user marked.",
    broken_when="a shown marker is above the largest invoked by that user; goes back within one observer session; or "
    "read is above delivered in one snapshot",
    class_="watermarked",
    key="conversation and user",
    claims=("receipts",),
    tables=("receipts", "operations", "devices"),
    bounds=("clock_error_ns",),
    violations=_VIOLATIONS,
    opportunities=_OPPORTUNITIES,
    opportunity="acknowledged receipts below a marker that was acknowledged before",
    minimum=20,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            a marks read 5
            b sees a read 5
            a marks read 2
        """,
        broken="""
            members a b
            a marks read 5
            b sees a read 5
            a marks read 2
            b sees a read 2
        """,
    ),
    remarks="A read marker says delivered too. Markers that come with a history page are taken when the page is read, "
    "which may be before a push that overtakes it: they are left out of going back.",
)
