"""Who takes part: users, devices and conversations as a pure function of profile and seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from numpy.random import PCG64, Generator

from chatproof.drivers.interface import ConversationSpec, DeviceSpec, Roster
from chatproof.loadtests.personas import CHATTY, LURKER, Persona
from chatproof.loadtests.profiles import LoadProfile

_KINDS = ("direct", "group", "hot")


def link_name(profile: LoadProfile, user: int) -> str:
    """The network link of all devices of a user."""
    return f"link-{user % profile.links}"


def make_roster(profile: LoadProfile, seed: int) -> Roster:
    """The roster of a run. Device `u` is the first device of user `u`; second devices follow after all first ones.

    Raises `ValueError` where a conversation needs more members than there are users.
    """
    random = Generator(PCG64([seed, 1]))
    return Roster(profile.users, _devices(profile, random), _conversations(profile, random))


def persona_of(profile: LoadProfile, seed: int, user: int) -> Persona:
    """The persona of a user: one of the profile's own, each with its share, else a lurker, else chatty.

    The golden ratio's multiples spread evenly over any residue class, so no link or worker gets all of a kind.
    """
    place = ((user + seed) * 0.6180339887498949) % 1.0
    for persona, share in (*((each, each.share) for each in profile.personas), (LURKER, profile.lurker_share)):
        if place < share:
            return persona
        place -= share
    return CHATTY


def devices_of(roster: Roster) -> dict[int, tuple[int, ...]]:
    """User → the user's devices, the first device first."""
    found: dict[int, tuple[int, ...]] = {}
    for device in roster.devices:
        found[device.user] = (*found.get(device.user, ()), device.dev)
    return found


def conversations_of(roster: Roster) -> dict[int, tuple[int, ...]]:
    """User → the conversations that the user is provisioned into."""
    found: dict[int, list[int]] = {user: [] for user in range(roster.users)}
    for conversation in roster.conversations:
        for user in conversation.members:
            found[user].append(conversation.conv)
    return {user: tuple(convs) for user, convs in found.items()}


def _devices(profile: LoadProfile, random: Generator) -> tuple[DeviceSpec, ...]:
    second = random.permutation(profile.users)[: round(profile.users * profile.second_device_share)]
    users = [*range(profile.users), *sorted(int(user) for user in second)]
    return tuple(DeviceSpec(dev, user, link_name(profile, user)) for dev, user in enumerate(users))


def _conversations(profile: LoadProfile, random: Generator) -> tuple[ConversationSpec, ...]:
    deck = _deck(profile.users, random)
    made: list[ConversationSpec] = []
    pairs: set[tuple[int, ...]] = set()
    for size in profile.sizes:
        if size.members > profile.users or size.kind not in _KINDS:
            raise ValueError(f"a {size.kind} conversation of {size.members} does not fit {profile.users} users")
        for _ in range(size.count):
            members = _deal(deck, size.members)
            while size.kind == "direct" and tuple(sorted(members)) in pairs:
                members = _deal(deck, size.members)
            pairs.add(tuple(sorted(members)))
            made.append(ConversationSpec(len(made), size.kind, members))  # type: ignore[arg-type]
    return tuple(made)


def _deck(users: int, random: Generator) -> Iterator[int]:
    """Users in an endless order in which everybody comes up equally often."""
    while True:
        yield from (int(user) for user in random.permutation(users))


def _deal(deck: Iterator[int], count: int) -> tuple[int, ...]:
    """The next `count` different users of the deck; the first is the owner."""
    hand: dict[int, None] = {}
    while len(hand) < count:
        hand[next(deck)] = None
    return tuple(hand)


def watched_users(roster: Roster, user: int, limit: int, conversations: Sequence[int]) -> tuple[int, ...]:
    """At most `limit` other users who share one of these conversations, those of small conversations first."""
    found: dict[int, None] = {}
    for conv in sorted(conversations, key=lambda conv: len(roster.conversations[conv].members)):
        for member in roster.conversations[conv].members:
            if member != user:
                found[member] = None
    return tuple(found)[:limit]
