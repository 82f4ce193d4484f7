"""How much a history holds, in numbers that a report prints: for each a query over tables and relations."""

from __future__ import annotations

OVER_ALL: tuple[tuple[str, str], ...] = (
    ("devices", "SELECT count(*) FROM devices"),
    ("conversations", "SELECT count(*) FROM conversations"),
    ("sessions", "SELECT count(*) FROM sessions"),
    ("operations", "SELECT count(*) FROM operations"),
    ("attempts", "SELECT count(*) FROM attempts"),
    ("sends", "SELECT count(*) FROM sends"),
    ("acked_sends", "SELECT count(*) FROM sends WHERE acked_ns IS NOT NULL"),
    ("unknown_sends", """
        SELECT count(*) FROM operations WHERE kind = 'send' AND coalesce(outcome, 'unknown') = 'unknown'
    """),
    ("refused_sends", "SELECT count(*) FROM operations WHERE kind = 'send' AND outcome = 'fail'"),
    ("deliveries", "SELECT count(*) FROM deliveries"),
    ("resumes", "SELECT count(*) FROM resumes"),
    ("resumes_with_gap", """
        SELECT count(DISTINCT session) FROM resumes
        WHERE outcome = 'recovered' AND live_ns IS NOT NULL AND own_contiguous_seq < frontier_seq
    """),
    ("exposed_acks", "SELECT count(*) FROM exposed_acks"),
    ("kills", "SELECT count(*) FROM kills"),
    ("faults", "SELECT count(*) FROM faults"),
    ("reads", "SELECT count(*) FROM reads"),
    ("audit_walks", "SELECT count(*) FROM walks"),
)
"""What is counted over the whole history."""

BY_BUCKET: tuple[tuple[str, str], ...] = (
    ("deliveries_judged", """
        SELECT count(*) FROM arrived a
        WHERE EXISTS (SELECT 1 FROM observers o WHERE o.dev = a.dev AND o.conv = a.conv)
    """),
)
"""What is counted in each bucket of a history that is split; the numbers add up."""
