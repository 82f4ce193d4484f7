"""How many users are chat users, and of which persona."""

from chatproof.loadtests.kinds import Kind, chat_users
from chatproof.loadtests.personas import Persona

AGENT = Persona(name="agent")


def test_with_chat_users_alone_everybody_is_one() -> None:
    """The usual locustfile."""
    assert (40, ()) == chat_users([Kind(True, None, 10, 0)], 40)


def test_personas_have_their_share_of_the_chat_users() -> None:
    """By weight."""
    count, (agent,) = chat_users([Kind(True, None, 10, 0), Kind(True, AGENT, 2, 0)], 36)
    assert (36, "agent", 1 / 6) == (count, agent.name, agent.share)


def test_a_fixed_count_comes_first_and_others_are_no_chat_users() -> None:
    """Two HTTP users and three agents of 32; the rest by weight, half of it not ours."""
    kinds = [Kind(False, None, 1, 2), Kind(True, AGENT, 1, 3), Kind(True, None, 5, 0), Kind(False, None, 5, 0)]
    count, (agent,) = chat_users(kinds, 33)
    assert (17, 3 / 17) == (count, agent.share)


def test_a_kind_without_users_is_left_out() -> None:
    """Nothing is divided by nothing."""
    assert (0, ()) == chat_users([Kind(False, None, 1, 5), Kind(True, AGENT, 1, 0)], 5)
