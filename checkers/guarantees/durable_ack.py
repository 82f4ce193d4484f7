"""durable-ack: what was acknowledged before a kill -9 is there after it; durable-ack-power: and before a power loss.

Two results of one question, never mixed: an ack with deaths of both kinds between it and a read is evidence for
neither.
"""

from __future__ import annotations

from typing import Literal

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_Death = Literal["kill", "unsynced_lost"]
"""The kind of fault that the process died of."""


def _read_after(death: _Death) -> str:
    """`acked`: what was answered before a death of this kind; `looked_for`: which of it complete walks covered."""
    return f"""
    WITH answered AS (
        SELECT 'message' AS event, op, conv, epoch, seq, dev, usr, acked_ns, [ack_session] AS sessions FROM sends
        WHERE acked_ns IS NOT NULL AND seq IS NOT NULL AND expect <> 'conflict'
        UNION ALL
        SELECT m.change, m.op, m.conv, e.epoch, m.seq, o.dev, m."user", m.done_ns,
               (SELECT list(s.session) FROM sessions s WHERE s.usr = m."user" AND s.to_ns >= m.done_ns)
        FROM memberships m JOIN epochs e ON e.conv = m.conv JOIN operations o ON o.op = m.op
        WHERE m.change IN ('join', 'leave', 'kick') AND m.outcome = 'ok' AND m.seq IS NOT NULL
    ), acked AS (
        SELECT a.op, any_value(a.event) AS event, any_value(a.conv) AS conv, any_value(a.epoch) AS epoch,
               any_value(a.seq) AS seq, any_value(a.dev) AS dev, any_value(a.acked_ns) AS acked_ns,
               any_value(a.sessions) AS sessions,
               min({{'at': k.start_confirmed_ns, 'ready': coalesce(k.ready_ns, k.start_confirmed_ns), 'node': k.node}})
                   FILTER (k.kind = '{death}') AS kill,
               min(k.start_confirmed_ns) FILTER (k.kind <> '{death}') AS other_ns
        FROM answered a JOIN kills k ON a.acked_ns <= k.start_confirmed_ns
        GROUP BY a.op
    ), looked_for AS (
        SELECT a.op, count(DISTINCT w.page_limit) AS page_sizes
        FROM acked a
        JOIN walks w ON w.conv = a.conv AND w.begun_ns > a.kill.ready AND a.seq BETWEEN w.from_seq AND w.to_seq
                    AND (a.other_ns IS NULL OR w.done_ns < a.other_ns)
        JOIN entitlement m ON m.conv = a.conv AND m.usr = w.usr AND a.seq BETWEEN m.from_seq AND m.to_seq
        GROUP BY a.op
    )"""


def _violations(death: _Death) -> str:
    return f"""{_read_after(death)}, items AS (
        SELECT i.conv, i.epoch, i.seq, i.op, i.event, r.invoke_ns, k.op AS known_op
        FROM read_items i JOIN reads r ON r.read = i.read LEFT JOIN send_keys k ON k.op = i.op
        WHERE r.kind = 'history'
    ), gone AS (
        SELECT a.* FROM acked a JOIN looked_for l ON l.op = a.op AND l.page_sizes >= 2
        WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.op = a.op AND i.invoke_ns > a.kill.at)
          AND NOT EXISTS (SELECT 1 FROM items i
                          WHERE i.conv = a.conv AND i.epoch = a.epoch AND i.seq = a.seq AND i.event = a.event
                            AND i.known_op IS NULL AND i.invoke_ns > a.kill.at)
    )
    SELECT 'gone afterwards' AS kind, [g.op] AS ops, g.conv, [g.seq] AS seqs, g.sessions, [g.dev] AS devs,
           g.kill.at AS t_ns, g.event, g.kill.node AS node, g.kill.at - g.acked_ns AS before_ns,
           (SELECT min(i.known_op) FROM items i
            WHERE i.conv = g.conv AND i.epoch = g.epoch AND i.seq = g.seq AND i.invoke_ns > g.kill.at) AS taken_by
    FROM gone g
    ORDER BY t_ns NULLS LAST, g.op NULLS LAST
    """


def _opportunities(death: _Death) -> str:
    return f"""{_read_after(death)}
    SELECT count(*) FROM exposed_acks e JOIN looked_for l ON l.op = e.op AND l.page_sizes >= 2
    WHERE e.kind = '{death}'
    """


def _told(finding: Finding, died: str) -> str:
    """The sentence of a violation; `died`: what happened to the node."""
    data = finding.data
    what = wording.messages(finding.ops) if data["event"] == "message" else f"a {data['event']}"
    taken = f"; its seq now holds {wording.messages([data['taken_by']])}" if data["taken_by"] is not None else ""
    return (
        f"{what} was acknowledged as {wording.seqs(finding.seqs)} of conversation {finding.conv}"
        f" {data['before_ns'] // 1_000_000} ms before {data['node']} {died}, and no read after the restart has"
        f" it{taken}"
    )


def _stories(death: str) -> Story:
    """The worked example, with the line that lets the node die."""
    before = f"members a b\na sends m1\na acked m1 = 1\n{death}\nnode ready\n"
    return Story(
        clean=f"{before}a reads 1 by 50\na reads 1 by 200\n",
        broken=f"{before}a reads nothing by 50\na reads nothing by 200\n",
    )


_TABLES = ("operations", "attempts", "deliveries", "reads", "read_items", "faults", "devices", "memberships")
_REMARKS = (
    "Messages, joins, leaves and kicks are looked for. Absence counts only where complete walks with at least two page "
    "sizes, begun after the restart by a member, covered the seq. "
)

PROCESS_CRASH = Guarantee(
    name="durable-ack",
    sentence="What was acknowledged survives kill -9.",
    broken_when="an ack given before a kill -9 is gone afterwards",
    class_="final",
    key="conversation",
    claims=("survives_process_crash", "history"),
    tables=_TABLES,
    bounds=("commit_window_ns",),
    violations=_violations("kill"),
    opportunities=_opportunities("kill"),
    opportunity="exposed acks that were looked for after the restart",
    minimum=20,
    qualifier="SELECT 'process crash only'",
    explain=lambda finding: _told(finding, "was killed"),
    story=_stories("node killed"),
    remarks=f"{_REMARKS}Power loss is another result and needs another fault: kill -9 leaves the page cache alone.",
)

POWER_LOSS = Guarantee(
    name="durable-ack-power",
    sentence="What was acknowledged survives a power loss.",
    broken_when="an ack given before unsynced writes were dropped is gone afterwards",
    class_="final",
    key="conversation",
    claims=("survives_power_loss", "history"),
    tables=_TABLES,
    bounds=("commit_window_ns",),
    violations=_violations("unsynced_lost"),
    opportunities=_opportunities("unsynced_lost"),
    opportunity="exposed acks that were looked for after the restart",
    minimum=20,
    qualifier="SELECT 'power loss only'",
    explain=lambda finding: _told(finding, "lost power"),
    story=_stories("node loses power"),
    remarks=f"{_REMARKS}The fault is `unsynced_lost`: kill -9 of a process whose storage held in memory what was not "
    "synced. An ack with a kill -9 of the other kind between it and the reads is evidence for neither.",
)
