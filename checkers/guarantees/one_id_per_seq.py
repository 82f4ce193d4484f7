"""one-id-per-seq: a position names one event, and an event has one position, for everybody and for ever."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding, Guarantee, Story
from chatproof.checkers.guarantees import wording

_VIOLATIONS = """
    WITH shared AS (
        SELECT conv, epoch, seq FROM sightings GROUP BY conv, epoch, seq
        HAVING min(key_op) < max(key_op) OR min(msg_id) < max(msg_id) OR min(event) < max(event)
    ), moved AS (
        SELECT conv, epoch, msg_id FROM sightings WHERE event = 'message'
        GROUP BY conv, epoch, msg_id
        HAVING min(seq) < max(seq)
    ), seqs AS (
        SELECT 'two events at one seq' AS kind, list(DISTINCT sent_op) AS ops, conv, [seq] AS seqs,
               list(DISTINCT session) AS sessions, list(DISTINCT dev) AS devs, max(t_ns) AS t_ns,
               list(DISTINCT msg_id ORDER BY msg_id NULLS LAST) AS ids
        FROM sightings SEMI JOIN shared USING (conv, epoch, seq)
        GROUP BY conv, epoch, seq
    ), ids AS (
        SELECT 'one id at two seqs' AS kind, list(DISTINCT sent_op) AS ops, conv, list(DISTINCT seq) AS seqs,
               list(DISTINCT session) AS sessions, list(DISTINCT dev) AS devs, max(t_ns) AS t_ns, [msg_id] AS ids
        FROM sightings SEMI JOIN moved USING (conv, epoch, msg_id)
        WHERE event = 'message'
        GROUP BY conv, epoch, msg_id
    ), own_streams AS (
        SELECT 'two events at one seq of a user''s own stream' AS kind, [] AS ops, min(m.conv) AS conv,
               [m.seq] AS seqs, list(DISTINCT m.session) AS sessions, list(DISTINCT m.dev) AS devs,
               max(m.t_ns) AS t_ns, [] AS ids
        FROM deliveries m JOIN devices d ON d.dev = m.dev WHERE m.scope = 'me'
        GROUP BY d."user", m.epoch, m.seq
        HAVING count(DISTINCT m.event) > 1 OR count(DISTINCT m.conv) > 1
    )
    SELECT * FROM seqs UNION ALL SELECT * FROM ids UNION ALL SELECT * FROM own_streams
    ORDER BY t_ns NULLS LAST, conv NULLS LAST
"""


def _explain(finding: Finding) -> str:
    if finding.kind == "one id at two seqs":
        return (
            f"in conversation {finding.conv} the id {finding.data['ids'][0]} stands at {wording.seqs(finding.seqs)}"
            f" ({wording.messages(finding.ops)})"
        )
    return (
        f"{wording.seqs(finding.seqs)} of conversation {finding.conv} is different events to different observers"
        f" ({wording.messages(finding.ops)}; ids {wording.listed(finding.data['ids'])})"
    )


GUARANTEE = Guarantee(
    name="one-id-per-seq",
    sentence="One position of a conversation is one event, and one event has one position.",
    broken_when="(conversation, epoch, seq) has two ids, or an id two seqs, over all observers, acks and reads",
    class_="monotone",
    key="conversation",
    tables=("operations", "deliveries"),
    violations=_VIOLATIONS,
    opportunities="""
        SELECT count(*) FROM (
            SELECT conv, epoch, seq FROM sightings GROUP BY conv, epoch, seq HAVING min(dev) < max(dev)
        )
    """,
    opportunity="positions that more than one device saw",
    minimum=1000,
    explain=_explain,
    story=Story(
        clean="""
            members a b c
            a sends m1
            a acked m1 = 1
            b shows m1 = 1
            c shows m1 = 1
        """,
        broken="""
            members a b c
            a sends m1
            c sends m2
            a acked m1 = 1
            b shows m1 = 1
            c acked m2 = 1
        """,
    ),
    remarks="Sends under one key count as one event here: a second effect of a key is a matter of `idempotent-send`.",
)
