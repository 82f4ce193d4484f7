"""Receipts: coalesced, one in flight, and nothing is forgotten."""

from chatproof.loadtests.personas import CHATTY, LURKER
from chatproof.loadtests.receipts import Due, Receipts

MS = 1_000_000


def test_chatty_users_say_what_they_read_once_per_interval() -> None:
    """The newest seq goes; what comes meanwhile waits for half a second and for the answer."""
    receipts = Receipts(CHATTY)
    receipts.showed(5, 1)
    receipts.showed(5, 2)
    assert [Due(5, "read", 2)] == receipts.due(0)
    receipts.showed(5, 3)
    assert [] == receipts.due(499 * MS)
    assert [] == receipts.due(500 * MS), "the first one is still in flight"
    receipts.settled(5)
    assert [Due(5, "read", 3)] == receipts.due(500 * MS)


def test_lurkers_say_delivered_first_and_read_later() -> None:
    """A lurker's read marker follows with the next turn, even if nothing new came."""
    receipts = Receipts(LURKER)
    receipts.showed(5, 1)
    assert [Due(5, "delivered", 1)] == receipts.due(0)
    receipts.settled(5)
    assert [Due(5, "read", 1)] == receipts.due(1_000 * MS)
    receipts.settled(5)
    assert [] == receipts.due(9_000 * MS)
    assert receipts.is_idle


def test_what_is_older_says_nothing() -> None:
    """A repaired hole below what was said needs no receipt."""
    receipts = Receipts(CHATTY)
    receipts.showed(5, 4)
    receipts.due(0)
    receipts.settled(5)
    receipts.showed(5, 3)
    assert [] == receipts.due(10_000 * MS)
    assert 4 == receipts.said_read(5)


def test_conversations_are_independent() -> None:
    """One in flight does not hold another up."""
    receipts = Receipts(CHATTY)
    receipts.showed(5, 1)
    receipts.due(0)
    receipts.showed(6, 1)
    assert [Due(6, "read", 1)] == receipts.due(0)


def test_who_was_removed_has_nothing_to_say() -> None:
    """Until something new is shown there."""
    receipts = Receipts(CHATTY)
    receipts.showed(5, 1)
    receipts.drop(5)
    assert [] == receipts.due(0)
    assert receipts.is_idle
    receipts.showed(5, 2)
    assert [Due(5, "read", 2)] == receipts.due(0)


def test_in_a_hurry_everything_is_said_at_once_and_as_read() -> None:
    """After the load, so that markers come to rest."""
    receipts = Receipts(LURKER)
    receipts.showed(5, 1)
    receipts.due(0)
    receipts.settled(5)
    receipts.hurry()
    assert [Due(5, "read", 1)] == receipts.due(1)
    assert 1 == receipts.last_said_ns
