"""Personas: spread so that no link or worker has only one kind, and doing what they say beyond the ordinary traffic."""

import pytest
from msgspec.structs import replace

from chatproof.loadtests.actions import ReadBack, Send
from chatproof.loadtests.personas import LURKER, Persona
from chatproof.loadtests.presets import by_hand_profile, default_profile
from chatproof.loadtests.roster import make_roster, persona_of
from chatproof.loadtests.schedule import make_schedule

PROFILE = default_profile()
AGENT = Persona(name="agent", share=0.2, sends_per_s=1.0, reads_per_s=0.5, kinds=("direct",))


def test_the_share_of_lurkers_is_met_on_every_link_and_worker() -> None:
    """Within a tenth, for any residue class."""
    for modulus in (1, 2, 6):
        for rest in range(modulus):
            users = range(rest, PROFILE.users, modulus)
            lurkers = sum(persona_of(PROFILE, 1, user) is LURKER for user in users)
            assert abs(lurkers / len(users) - PROFILE.lurker_share) <= 0.1


def test_another_seed_gives_other_lurkers() -> None:
    """Pure in the seed."""
    one, two = ([persona_of(PROFILE, seed, user).name for user in range(50)] for seed in (1, 2))
    assert one != two


def test_a_persona_of_ones_own_has_its_share_and_the_lurkers_keep_theirs() -> None:
    """It takes from the chatty."""
    profile = replace(PROFILE, personas=(AGENT,))
    names = [persona_of(profile, 1, user).name for user in range(profile.users)]
    assert abs(names.count("agent") / len(names) - 0.2) <= 0.02
    assert abs(names.count("lurker") / len(names) - profile.lurker_share) <= 0.02


def test_what_a_persona_does_comes_on_top_of_the_same_ordinary_traffic() -> None:
    """Only agents send and read more, at their rates, in direct conversations; every action of others stays."""
    plain, profile = by_hand_profile(60, 20.0), by_hand_profile(60, 20.0, (AGENT,))
    roster = make_roster(plain, 3)
    before = set(make_schedule(plain, roster, 3).actions)
    added = [action for action in make_schedule(profile, roster, 3).actions if action not in before]
    assert {"agent"} == {persona_of(profile, 3, roster.devices[action.dev].user).name for action in added}
    assert {"direct"} == {roster.conversations[a.conv].kind for a in added if isinstance(a, Send | ReadBack)}
    with_partner = {user for c in roster.conversations if c.kind == "direct" for user in c.members}
    agents = sum(persona_of(profile, 3, user).name == "agent" for user in with_partner)
    sends, reads = (sum(isinstance(action, kind) for action in added) for kind in (Send, ReadBack))
    assert sends == pytest.approx(20 * agents, rel=0.1)
    assert reads == pytest.approx(10 * agents, rel=0.2)


@pytest.mark.parametrize(("users", "personas", "why"), [
    (4, (), "at least 10 chat users"),
    (60, (replace(AGENT, share=0.6), replace(AGENT, share=0.5)), "more than 1"),
])  # fmt: skip
def test_numbers_that_make_no_load_are_refused(users: int, personas: tuple[Persona, ...], why: str) -> None:
    """In a sentence."""
    with pytest.raises(ValueError, match=why):
        by_hand_profile(users, 5.0, personas)
