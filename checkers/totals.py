"""How much a history holds, in numbers that a report prints."""

from __future__ import annotations

import duckdb

_TOTALS: dict[str, str] = {
    "devices": "SELECT count(*) FROM devices",
    "conversations": "SELECT count(*) FROM conversations",
    "sessions": "SELECT count(*) FROM sessions",
    "operations": "SELECT count(*) FROM operations",
    "attempts": "SELECT count(*) FROM attempts",
    "sends": "SELECT count(*) FROM sends",
    "acked_sends": "SELECT count(*) FROM sends WHERE acked_ns IS NOT NULL",
    "unknown_sends": "SELECT count(*) FROM operations WHERE kind = 'send' AND coalesce(outcome, 'unknown') = 'unknown'",
    "refused_sends": "SELECT count(*) FROM operations WHERE kind = 'send' AND outcome = 'fail'",
    "deliveries": "SELECT count(*) FROM deliveries",
    "deliveries_judged": """
        SELECT count(*) FROM arrived a
        WHERE EXISTS (SELECT 1 FROM observers o WHERE o.dev = a.dev AND o.conv = a.conv)
    """,
    "resumes": "SELECT count(*) FROM resumes",
    "resumes_with_gap": """
        SELECT count(DISTINCT session) FROM resumes
        WHERE outcome = 'recovered' AND live_ns IS NOT NULL AND own_contiguous_seq < frontier_seq
    """,
    "exposed_acks": "SELECT count(*) FROM exposed_acks",
    "kills": "SELECT count(*) FROM kills",
    "faults": "SELECT count(*) FROM faults",
    "reads": "SELECT count(*) FROM reads",
    "audit_walks": "SELECT count(*) FROM walks",
}
"""Name → a query for one number, over tables and relations."""


def totals_of(sql: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """All totals; `sql` has the relations in place."""
    return {name: int((sql.execute(query).fetchone() or (0,))[0]) for name, query in _TOTALS.items()}
