"""The roster: a pure function that gives everybody about the same, and the mean fan-out that the profile promises."""

from collections import Counter

import pytest
from msgspec.structs import replace

from chatproof.loadtests.presets import default_profile, short_profile
from chatproof.loadtests.profiles import SizeClass
from chatproof.loadtests.roster import conversations_of, devices_of, link_name, make_roster, watched_users

PROFILE = default_profile()
ROSTER = make_roster(PROFILE, 1)


def test_the_same_seed_gives_the_same_roster_and_another_seed_another() -> None:
    """Pure in the seed."""
    assert ROSTER == make_roster(PROFILE, 1)
    assert ROSTER != make_roster(PROFILE, 2)


def test_mean_fan_out_weighted_by_rate_is_twelve() -> None:
    """Recipients of an ordinary send, the sender left out."""
    fan_out = sum(size.sends_per_s * (size.members - 1) for size in PROFILE.sizes) / PROFILE.sends_per_s
    assert fan_out == 12


def test_there_is_one_hot_group_of_fifty() -> None:
    """As the issue asks."""
    assert [50] == [len(c.members) for c in ROSTER.conversations if c.kind == "hot"]


def test_members_are_different_and_pairs_are_unique() -> None:
    """Nobody is in a conversation twice; no two direct conversations join the same two."""
    assert all(len(set(c.members)) == len(c.members) for c in ROSTER.conversations)
    pairs = [frozenset(c.members) for c in ROSTER.conversations if c.kind == "direct"]
    assert len(pairs) == len(set(pairs))


def test_everybody_has_conversations() -> None:
    """The deck deals everybody in equally often."""
    counts = [len(convs) for convs in conversations_of(ROSTER).values()]
    assert 2 <= min(counts)
    assert max(counts) <= 4


def test_all_devices_of_a_user_share_a_link() -> None:
    """A link fault takes a user off the network as a whole."""
    links = {device.dev: device.link for device in ROSTER.devices}
    for user, devices in devices_of(ROSTER).items():
        assert {link_name(PROFILE, user)} == {links[dev] for dev in devices}


def test_a_tenth_of_the_users_has_a_second_device_and_first_devices_carry_the_users_number() -> None:
    """Device u belongs to user u."""
    assert Counter({1: 180, 2: 20}) == Counter(len(devices) for devices in devices_of(ROSTER).values())
    assert all(devices[0] == user for user, devices in devices_of(ROSTER).items())


def test_a_conversation_larger_than_the_run_is_refused() -> None:
    """In a sentence, not by an endless deal."""
    profile = replace(short_profile(), sizes=(SizeClass("group", 61, 1, 1.0),))
    with pytest.raises(ValueError, match="61 does not fit 60 users"):
        make_roster(profile, 1)


def test_who_is_watched_shares_a_conversation_and_is_not_oneself() -> None:
    """Watching others is not allowed by a target."""
    convs = conversations_of(ROSTER)[4]
    watched = watched_users(ROSTER, 4, 20, convs)
    shared = {user for conv in convs for user in ROSTER.conversations[conv].members} - {4}
    assert len(watched) == min(20, len(shared))
    assert set(watched) <= shared
