"""Memory per connection: the server's growth, and the slope of the generator's."""

from __future__ import annotations

from benchmarks.connections import CONNECTIONS, GROUP, Resident, found, profile_of
from chatproof.loadtests.roster import conversations_of, make_roster

MB = 1_000_000


def test_the_server_is_charged_for_its_growth_and_the_generator_for_its_slope() -> None:
    """What both take before the first connection is nobody's share."""
    few, full = Resident(100, 50 * MB, 51 * MB, 60 * MB), Resident(1_100, 50 * MB, 72 * MB, 100 * MB)
    assert [20.0, 40.0] == [each.measured for each in found(few, full).required]


def test_everybody_is_in_one_group_and_says_nothing() -> None:
    """A tenth of the benchmark's size is planned like the whole."""
    profile = profile_of(CONNECTIONS // 10)
    roster = make_roster(profile, 1)
    assert {1} == {len(convs) for convs in conversations_of(roster).values()}
    assert {GROUP} == {len(conversation.members) for conversation in roster.conversations}
    assert 0.0 == profile.sends_per_s
