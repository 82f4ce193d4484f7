"""A link goes silent without a word: both ends think that they are connected."""

import pytest

from chatproof.checkers.guarantee import Guarantee
from chatproof.pytest_plugin.nemesis import Nemesis
from chatproof.pytest_plugin.target import Target

pytestmark = [pytest.mark.jepsen, pytest.mark.timeout(400)]

HEARTBEAT_S = 1.5
NOTICED_NS = 3_500_000_000
"""The heartbeat and two seconds: how long a user on a dead link may still look online."""

_WATCHED = """
    WITH watched AS (
        SELECT f.fault, f.start_req_ns, f.start_confirmed_ns + b.presence_half_open_ns AS due_ns, d."user" AS subject,
               w.session, w.dev
        FROM faults f JOIN devices d ON d.link = f.target
        JOIN sessions w ON w.dev <> d.dev AND w.link <> f.target AND w.from_ns < f.start_req_ns, bounds b
        WHERE f.kind = 'partition' AND f.stop_req_ns > f.start_confirmed_ns + b.presence_half_open_ns
          AND w.to_ns > f.start_confirmed_ns + b.presence_half_open_ns
    )
"""

SILENCE_NOTICED = Guarantee(
    name="silence-noticed",
    sentence="A user whose link went silent is shown offline within the half-open bound.",
    broken_when="a watcher with a working link still sees the user online",
    claims=("presence",),
    tables=("faults", "presence_seen", "connections", "devices"),
    bounds=("presence_half_open_ns",),
    violations=f"""{_WATCHED}
        SELECT 'still online' AS kind, [w.session] AS sessions, [w.dev] AS devs, w.due_ns AS t_ns, w.subject
        FROM watched w
        WHERE NOT EXISTS (SELECT 1 FROM presence_seen p
                          WHERE p.session = w.session AND p.subject = w.subject AND p.state = 'offline'
                            AND p.t_ns BETWEEN w.start_req_ns AND w.due_ns)
        ORDER BY t_ns NULLS LAST, w.dev NULLS LAST
    """,
    opportunities=f"{_WATCHED} SELECT count(*) FROM watched",
    opportunity="watchers of users whose link was silent for longer than the bound",
)


@pytest.mark.short
@pytest.mark.chatproof(
    scenario="half-open link", seeds=3, members=5, watch=True, heartbeat_s=HEARTBEAT_S,
    bounds={"presence_half_open_ns": NOTICED_NS}, also=(SILENCE_NOTICED,),
    holds={"silence-noticed": 4, "no-lost-message": 300, "whole-resume": 1, "ordered-stream": 300},
)  # fmt: skip
async def test_a_silent_link_is_noticed_and_costs_nothing(target: Target, nemesis: Nemesis) -> None:
    """Others see that the user is gone, and when the link works again the user gets all that was said meanwhile."""
    await target.connect()
    async with target.chatter(per_s=20) as talk:
        await talk.acknowledged(20)
        await nemesis.partition(target.members[-1].link, for_s=4.5)
        await talk.acknowledged(20)
