"""Who may create, join, leave, kick and send; who is told."""

from __future__ import annotations

import pytest

from chatproof.reference_server.core.commands import ChangeMembership, Create, Refused
from chatproof.reference_server.core.identity import direct_conversation_id
from chatproof.reference_server.core.records import CommandRecord, KeyedCommand, SetLimits
from tests.reference_server.core.ledger import FOREVER_NS, Ledger, group, join, key, kick, leave, message


def code(ledger: Ledger, command: KeyedCommand) -> str:
    """The refusal's code, empty when it was accepted."""
    outcome = ledger.ask(command).outcome
    return outcome.code if isinstance(outcome, Refused) else ""


def direct(n: int, user: str, a: str = "ann", b: str = "bob") -> Create:
    """Create the 1:1 conversation of two users."""
    return Create(direct_conversation_id(a, b), user, key(n), "direct", (a, b))


def test_both_creators_of_a_pair_meet() -> None:
    """The second creation, from the other side, gets the first outcome as a duplicate."""
    ledger = Ledger()
    first = ledger.ask(direct(1, "ann"))
    second = ledger.ask(direct(2, "bob", "bob", "ann"))
    assert (first.outcome, True) == (second.outcome, second.duplicate)


def test_a_direct_id_follows_from_its_pair() -> None:
    """An id that belongs to another pair is refused."""
    ledger = Ledger()
    other = Create(direct_conversation_id("ann", "eve"), "ann", key(1), "direct", ("ann", "bob"))
    assert "bad_request" == code(ledger, other)


@pytest.mark.parametrize("conv", ["me", "me:ann", direct_conversation_id("ann", "bob")])
def test_a_group_cannot_take_the_id_of_another_stream(conv: str) -> None:
    """Own streams and 1:1 conversations have reserved ids."""
    assert "bad_request" == code(Ledger(), group(1, "a", conv=conv))


def test_creating_a_group_again_gets_the_first_outcome_if_it_is_the_same() -> None:
    """Same members: the first outcome. Others: refused, without a change."""
    ledger = Ledger()
    first = ledger.ask(group(1, "a", "b"))
    assert first.outcome == ledger.ask(group(2, "a", "b")).outcome
    assert "different_body" == code(ledger, group(3, "a", "c"))
    assert ("a", "b") == ledger.state.conversations["g"].members


@pytest.mark.parametrize(
    "create",
    [
        Create("g", "z", key(1), "group", ("a", "b")),
        Create("g", "b", key(1), "group", ("a", "b")),
        Create("g", "a", key(1), "group", ("a", "b", "b")),
    ],
)
def test_the_creator_is_the_first_of_distinct_members(create: Create) -> None:
    """A stranger creates nothing, a member no group of another owner, and nobody is named twice."""
    assert "forbidden" == code(Ledger(), create)


def test_a_stranger_neither_sends_nor_adds() -> None:
    """`not_member` for both."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    assert ["not_member"] * 2 == [code(ledger, message(2, "z")), code(ledger, join(3, "z", "y"))]


def test_only_an_open_group_is_joined_by_oneself() -> None:
    """A closed group takes who a member adds."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    assert ["not_member", ""] == [code(ledger, join(2, "b")), code(ledger, join(3, "a", "b"))]
    ledger.ask(group(4, "a", conv="o", is_open=True))
    assert "" == code(ledger, ChangeMembership("o", "b", "b", key(5), "join"))


def test_a_member_cannot_join_again() -> None:
    """There would be nothing to record."""
    ledger = Ledger()
    ledger.ask(group(1, "a", "b"))
    assert "forbidden" == code(ledger, join(2, "a", "b"))


def test_a_full_group_takes_nobody() -> None:
    """The limit is the log's."""
    ledger = Ledger()
    ledger.append(SetLimits(max_members=2))
    ledger.ask(group(1, "a", "b"))
    assert "too_many" == code(ledger, join(2, "a", "c"))


def test_only_the_owner_kicks() -> None:
    """Not a member, not oneself, and nobody who is not there."""
    ledger = Ledger()
    ledger.ask(group(1, "a", "b"))
    tried = [kick(2, "b", "a"), kick(3, "a", "a"), kick(4, "a", "z"), kick(5, "a", "b")]
    assert ["forbidden", "forbidden", "not_found", ""] == [code(ledger, command) for command in tried]


def test_an_owner_who_leaves_is_followed_by_the_next_in_join_order() -> None:
    """A group is never without an owner while it has members."""
    ledger = Ledger()
    ledger.ask(group(1, "a", "b", "c"))
    ledger.ask(leave(2, "a"))
    assert "b" == ledger.state.conversations["g"].owner
    assert "" == code(ledger, kick(3, "b", "c"))


def test_a_pair_is_for_life() -> None:
    """Nobody joins, leaves or is kicked from a 1:1 conversation."""
    ledger = Ledger()
    ledger.ask(direct(1, "ann"))
    conv = direct_conversation_id("ann", "bob")
    changes = [
        ChangeMembership(conv, "ann", "eve", key(2), "join"),
        ChangeMembership(conv, "ann", "ann", key(3), "leave"),
        ChangeMembership(conv, "ann", "bob", key(4), "kick"),
    ]
    assert ["forbidden"] * 3 == [code(ledger, change) for change in changes]


def test_who_leaves_is_told_of_it_and_of_nothing_later() -> None:
    """The audience of a leave is who was there before it; of a join, who is there after it."""
    ledger = Ledger()
    ledger.ask(group(1, "a", "b"))
    audiences = [
        ledger.append(CommandRecord(command, FOREVER_NS)).emitted[0].audience
        for command in (kick(2, "a", "b"), message(3, "a"), join(4, "a", "c"))
    ]
    assert [("a", "b"), ("a",), ("a", "c")] == audiences


def test_a_rejoin_opens_a_second_interval() -> None:
    """Intervals are inclusive of the own join and leave."""
    ledger = Ledger()
    ledger.ask(group(1, "a", "b"))
    for command in (leave(2, "b"), message(3, "a"), join(4, "a", "b")):
        ledger.ask(command)
    assert [(1, 2), (4, 0)] == ledger.state.conversations["g"].intervals["b"]
