"""retention-exact: what is young or held is kept, what expired or was erased is gone from every surface."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_PROBES = """
    WITH probes AS (
        SELECT p.surface, p.conv, p.seq, NULL::BIGINT AS blob, p.t_ns, p.present, p.hash, l.body_hash AS true_hash
        FROM surface_probes p LEFT JOIN lifetimes l ON l.conv = p.conv AND l.seq = p.seq
        WHERE p.blob IS NULL AND p.seq IS NOT NULL
        UNION ALL
        SELECT p.surface, s.conv, s.seq, p.blob, p.t_ns, p.present, p.hash, a.hash
        FROM surface_probes p JOIN attachments a ON a.blob = p.blob JOIN sends s ON s.op = a.op
        UNION ALL
        SELECT 'api', i.conv, i.seq, NULL, r.invoke_ns, true, NULL, NULL
        FROM read_items i JOIN reads r ON r.read = i.read
        WHERE r.kind IN ('history', 'search') AND NOT i.deleted AND i.event = 'message'
    ), placed AS (
        SELECT p.*, l.epoch, l.op, l.server_ts_ns, l.young_until_ns,
               l.gone_from_ns + CASE p.surface WHEN 'log' THEN b.log_window_ns ELSE 0 END AS gone_from_ns,
               p.t_ns + k.low_ns AS surely_ns, p.t_ns + k.high_ns AS at_most_ns,
               p.t_ns > l.seen_ns + 2 * b.error_ns
                   AND NOT EXISTS (SELECT 1 FROM operations o
                                   WHERE o.kind = 'delete' AND o.conv = p.conv AND o.ref_seq = p.seq
                                     AND o.outcome IS DISTINCT FROM 'fail') AS is_there,
               EXISTS (SELECT 1 FROM operations o
                       WHERE o.kind = 'edit' AND o.conv = p.conv AND o.ref_seq = p.seq
                         AND o.outcome IS DISTINCT FROM 'fail') AS is_edited,
               EXISTS (SELECT 1 FROM holds h
                       WHERE h.conv = p.conv AND h.is_certain AND h.surely_ns < l.young_until_ns
                         AND p.t_ns + k.high_ns < h.until_ns AND p.t_ns + k.low_ns >= h.surely_ns) AS is_held
        FROM probes p JOIN lifetimes l ON l.conv = p.conv AND l.seq = p.seq, server_clock k, bounds b
    ), judged AS (
        SELECT *,
               is_there AND surface IN ('store', 'api', 'blob') AND at_most_ns < young_until_ns AS must_be_young,
               is_there AND surface IN ('store', 'blob') AND is_held AS must_be_held,
               surely_ns > gone_from_ns AS must_be_gone
        FROM placed
    ), last_gone AS (
        SELECT conv, max(gone_from_ns) AS gone_from_ns FROM lifetimes
        GROUP BY conv HAVING count(*) = count(gone_from_ns)
    ), emptied AS (
        SELECT p.surface, p.conv, p.t_ns, p.present, p.t_ns + k.low_ns - g.gone_from_ns AS late_ns
        FROM surface_probes p JOIN last_gone g ON g.conv = p.conv, server_clock k, bounds b
        WHERE p.seq IS NULL AND p.blob IS NULL
          AND p.t_ns + k.low_ns
              > g.gone_from_ns + CASE p.surface WHEN 'log' THEN b.log_window_ns ELSE 0 END
    )
"""

_VIOLATIONS = f"""{_PROBES}, found AS (
        SELECT CASE WHEN must_be_young THEN 'young is gone' ELSE 'held is gone' END AS kind, op, conv, seq, t_ns,
               surface, blob, NULL::BIGINT AS late_ns
        FROM judged WHERE NOT present AND (must_be_young OR must_be_held)
        UNION ALL
        SELECT 'still there', op, conv, seq, t_ns, surface, blob, surely_ns - gone_from_ns
        FROM judged WHERE present AND must_be_gone
        UNION ALL
        SELECT 'altered', op, conv, seq, t_ns, surface, blob, NULL
        FROM judged WHERE present AND hash <> true_hash AND NOT is_edited AND (must_be_young OR must_be_held)
        UNION ALL
        SELECT 'canary still there', NULL, conv, NULL, t_ns, surface, NULL, late_ns FROM emptied WHERE present
    )
    SELECT kind, [op] AS ops, conv, [seq] AS seqs, [] AS sessions, [] AS devs, t_ns, surface, blob, late_ns
    FROM found ORDER BY t_ns NULLS LAST, conv NULLS LAST, seq NULLS LAST, surface NULLS LAST
"""

_OPPORTUNITIES = f"""{_PROBES}
    SELECT (SELECT count(*) FROM judged WHERE must_be_young OR must_be_held OR must_be_gone)
         + (SELECT count(*) FROM emptied)
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    thing = f"{wording.seqs(finding.seqs)} of conversation {finding.conv}" if finding.seqs else (
        f"the canary of conversation {finding.conv}"
    )
    blob = f"blob {data['blob']} of " if data["blob"] is not None else ""
    match finding.kind:
        case "young is gone":
            return f"{blob}{thing} is gone from the {data['surface']} before its time"
        case "held is gone":
            return f"{blob}{thing} is under a hold and gone from the {data['surface']}"
        case "altered":
            return f"{blob}{thing} was altered in the {data['surface']} while it had to be kept"
        case _:
            late = wording.seconds(data["late_ns"])
            return f"{blob}{thing} is in the {data['surface']} {late} after it had to be gone"


GUARANTEE = Guarantee(
    name="retention-exact",
    sentence="What is young or held is kept to the byte; what expired or was erased is gone from every surface.",
    broken_when="a younger or held message is gone or altered, or an expired or erased one is still served, on any "
    "probed surface; or a canary is found in a data directory after the stated bound",
    class_="final",
    key="conversation, by the server's clock",
    claims=("retention",),
    tables=("policies", "surface_probes", "deliveries", "conversations", "operations"),
    bounds=("log_window_ns", "clock_error_ns"),
    violations=_VIOLATIONS,
    opportunities=_OPPORTUNITIES,
    opportunity="probes of what had to be there, or had to be gone",
    minimum=20,
    explain=_explain,
    story=Story(
        clean="""
            members a b
            everything is kept 60s
            a sends m1
            a acked m1 = 1
            probe of store finds 1
            wait 70s
            probe of store misses 1
            probe of index misses 1
        """,
        broken="""
            members a b
            everything is kept 60s
            a sends m1
            a acked m1 = 1
            probe of store misses 1
            wait 70s
            probe of index finds 1
        """,
    ),
    remarks="Times are the server's: its clock is bracketed by what was tried before and seen after each message. "
    "Where several rules may apply, the shortest says how long a message must be there and the longest when it must be "
    "gone. Absence counts on store, api and blob; on the api a held message may be hidden. Presence counts everywhere, "
    "history pages and hits included; the log has its own window. A sweep takes 5 s in the worked examples.",
)
