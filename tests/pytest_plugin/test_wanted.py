"""What a scenario test asks for."""

from typing import Any

import pytest

from chatproof.checkers.guarantee import Guarantee
from chatproof.pytest_plugin.run import roster_of
from chatproof.pytest_plugin.wanted import Options, Wanted, WrongOrder, checked, seeds_of, wanted_of

OWN = Guarantee(name="own", sentence="", violations="", opportunities="")


@pytest.mark.parametrize(("seeds", "expected"), [(3, (1, 2, 3)), (range(4, 6), (4, 5)), ([7], (7,)), ((8, 9), (8, 9))])
def test_seeds_are_a_number_or_a_list(seeds: Any, expected: tuple[int, ...]) -> None:
    """So many, counted from 1, or exactly these."""
    assert expected == seeds_of(wanted_of({"seeds": seeds}))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"holds": {"no-such-thing": 1}}, "there is no guarantee 'no-such-thing'"),
        ({"bounds": {"no_such_ns": 1}}, "there is no bound 'no_such_ns'"),
        ({"member": 3}, "unknown field `member`"),
        ({"members": "many"}, "Expected `int`"),
        ({"also": ("own",)}, "'own' in also is no Guarantee"),
    ],
)
def test_a_wrong_marker_is_named(arguments: dict[str, Any], sentence: str) -> None:
    """A misspelt guarantee would be one that is never asked for."""
    with pytest.raises(WrongOrder, match=sentence):
        wanted_of(arguments)


def test_a_guarantee_of_ones_own_can_be_asked_for() -> None:
    """What `also` brings is known by its name."""
    assert {"own": 1} == wanted_of({"also": (OWN,), "holds": {"own": 1}}).holds


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (Options(target="mutant:nobody"), "There is no mutant nobody"),
        (Options(target="embeded"), "neither embedded, mutant:NAME nor an http:// URL"),
        (Options(target="http://localhost:1"), "--chatproof-ws must say"),
    ],
)
def test_a_target_that_is_none_is_named(options: Options, sentence: str) -> None:
    """Before anything is started."""
    with pytest.raises(WrongOrder, match=sentence):
        checked(options)


@pytest.mark.parametrize(
    ("options", "local"),
    [
        (Options(), True),
        (Options(target="mutant:body-truncated"), True),
        (Options(target="http://localhost:1", ws="ws://localhost:2"), False),
    ],
)
def test_only_what_is_started_here_is_local(options: Options, local: bool) -> None:
    """A target given by URL has no processes that could be killed."""
    assert local == checked(options).is_local


def test_everybody_has_a_link_and_is_in_every_group() -> None:
    """One user, one device, one link each."""
    roster = roster_of(Wanted(members=3, conversations=2))

    assert ["link-0", "link-1", "link-2"] == [device.link for device in roster.devices]
    assert [(0, 1, 2)] * 2 == [conversation.members for conversation in roster.conversations]
