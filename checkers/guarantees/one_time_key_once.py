"""one-time-key-once: a one-time key is handed out once, and a device's queue loses nothing."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH claimed AS (
        SELECT 'claimed twice' AS kind, list(DISTINCT op) AS ops, list(DISTINCT by_dev) AS devs,
               [] AS sessions, max(coalesce(done_ns, invoke_ns)) AS t_ns, owner_dev, key_id, NULL::BIGINT AS qseq,
               NULL::BIGINT AS item
        FROM keys WHERE action = 'claim' AND outcome = 'ok' AND op IS NOT NULL
        GROUP BY owner_dev, key_id HAVING count(DISTINCT op) > 1
    ), got AS (
        SELECT dev, max(qseq) AS last_qseq FROM device_queue WHERE action = 'delivered' GROUP BY dev
    ), present AS (
        SELECT DISTINCT s.dev FROM sessions s, finish f WHERE s.from_ns <= f.drain_end_ns AND s.to_ns >= f.drain_end_ns
    ), lost AS (
        SELECT CASE WHEN g.last_qseq > q.qseq THEN 'item skipped' ELSE 'item not delivered' END AS kind,
               [] AS ops, [q.dev] AS devs, [q.session] AS sessions, q.t_ns, q.dev AS owner_dev,
               NULL::BIGINT AS key_id, q.qseq, q.item
        FROM device_queue q LEFT JOIN got g ON g.dev = q.dev LEFT JOIN present p ON p.dev = q.dev, finish f
        WHERE q.action = 'enqueued'
          AND (g.last_qseq > q.qseq OR (p.dev IS NOT NULL AND q.t_ns < f.drain_end_ns))
          AND NOT EXISTS (SELECT 1 FROM device_queue d
                          WHERE d.dev = q.dev AND d.action = 'delivered' AND d.qseq = q.qseq AND d.item = q.item)
    ), found AS (
        SELECT * FROM claimed UNION ALL SELECT * FROM lost
    )
    SELECT kind, ops, NULL::INTEGER AS conv, [] AS seqs, sessions, devs, t_ns, owner_dev, key_id, qseq, item
    FROM found ORDER BY t_ns NULLS LAST, owner_dev NULLS LAST, key_id NULLS LAST, qseq NULLS LAST
"""


def _explain(finding: Finding) -> str:
    data = finding.data
    if finding.kind == "claimed twice":
        return (
            f"one-time key {data['key_id']} of device {data['owner_dev']} was claimed by"
            f" {wording.operations(finding.ops)}"
        )
    why = "and a later one was" if finding.kind == "item skipped" else "though it was there at the end"
    return f"item {data['item']} (number {data['qseq']}) was queued for device {data['owner_dev']}, {why}, not this one"


GUARANTEE = Guarantee(
    name="one-time-key-once",
    sentence="A one-time key is claimed by one operation only, and a device gets everything in its queue.",
    broken_when="two operations claim one key, or an item of a device's queue is skipped or never delivered",
    class_="final",
    key="device",
    claims=("one_time_keys",),
    tables=("keys", "device_queue", "devices", "connections"),
    violations=_VIOLATIONS,
    opportunities="SELECT count(*) FROM keys WHERE action = 'claim' AND outcome = 'ok'",
    opportunity="claims that got a key",
    minimum=50,
    explain=_explain,
    story=Story(
        clean="""
            members a b c
            a publishes key 7
            b claims key 7
            b claims key 7 again
            queue of a takes 1
            queue of a takes 2
            queue of a gives 1
            queue of a gives 2
        """,
        broken="""
            members a b c
            a publishes key 7
            b claims key 7
            c claims key 7
        """,
    ),
    remarks="A retry of a claim is the same operation and gets the same key. An item without a delivery is lost only "
    "if a later one was delivered, or the device had a session at the end of drain.",
)
