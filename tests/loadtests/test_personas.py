"""Personas are spread so that no link or worker has only one kind."""

from chatproof.loadtests.personas import Persona, persona_of
from chatproof.loadtests.presets import default_profile

PROFILE = default_profile()


def test_the_share_of_lurkers_is_met_on_every_link_and_worker() -> None:
    """Within a tenth, for any residue class."""
    for modulus in (1, 2, 6):
        for rest in range(modulus):
            users = range(rest, PROFILE.users, modulus)
            lurkers = sum(persona_of(PROFILE, 1, user) is Persona.LURKER for user in users)
            assert abs(lurkers / len(users) - PROFILE.lurker_share) <= 0.1


def test_another_seed_gives_other_lurkers() -> None:
    """Pure in the seed."""
    one, two = ([persona_of(PROFILE, seed, user) for user in range(50)] for seed in (1, 2))
    assert one != two
