"""The state of planning: what is decided so far, numbers of operations, and draws that every part of a plan makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from numpy.random import PCG64, Generator

from chatproof.drivers.interface import ConversationSpec, Roster
from chatproof.loadtests.actions import Action, KillPlan, op_id
from chatproof.loadtests.availability import Availability
from chatproof.loadtests.profiles import LoadProfile
from chatproof.loadtests.roster import conversations_of, devices_of

SECOND_NS = 1_000_000_000
_DRAWS = 400
"""How often a draw is repeated before the planner does without: the profile's numbers are upper bounds then."""


def to_ns(seconds: float) -> int:
    """Seconds as integer ns."""
    return round(seconds * SECOND_NS)


class Planner:
    """Collects the actions of one schedule. Every part draws from a generator of its own, so none shifts another."""

    def __init__(self, profile: LoadProfile, roster: Roster, seed: int) -> None:
        self.profile = profile
        self.roster = roster
        self.main_ns = to_ns(profile.main_s)
        self.warm_up_ns = to_ns(profile.warm_up_s)
        self.availability = Availability(roster.users)
        self.devices = devices_of(roster)
        self.conversations = conversations_of(roster)
        self.actions: list[Action] = []
        self.kills: list[KillPlan] = []
        self.seed = seed
        self._parts = 0
        self._numbers: dict[int, int] = defaultdict(int)

    def draws(self) -> Generator:
        """The generator of the next part."""
        self._parts += 1
        return Generator(PCG64([self.seed, 2, self._parts]))

    def new_op(self, dev: int) -> int:
        """The next operation id of a device."""
        self._numbers[dev] += 1
        return op_id(dev, self._numbers[dev])

    def device(self, random: Generator, user: int) -> int:
        """One of the user's devices."""
        devices = self.devices[user]
        return devices[int(random.integers(len(devices)))]

    def spread(self, total: int, margin_ns: int = 0) -> list[int]:
        """`total` times, evenly over main after the warm-up, ending `margin_ns` before its end."""
        span_ns = self.main_ns - margin_ns - self.warm_up_ns
        return [self.warm_up_ns + (2 * k + 1) * span_ns // (2 * total) for k in range(total)] if span_ns > 0 else []

    def free_user(self, random: Generator, candidates: Sequence[int], from_ns: int, to_ns: int) -> int | None:
        """A candidate who takes part in no choreography in that time, or None."""
        for _ in range(_DRAWS if candidates else 0):
            user = candidates[int(random.integers(len(candidates)))]
            if self.availability.is_free(user, from_ns, to_ns):
                return user
        return None

    def sender(self, random: Generator, conversation: ConversationSpec, at_ns: int) -> int | None:
        """A member who can send into the conversation at that time, or None."""
        members = conversation.members
        for start in random.integers(len(members), size=4):
            if self.availability.may_send(members[int(start)], conversation.conv, at_ns):
                return members[int(start)]
        able = [user for user in members if self.availability.may_send(user, conversation.conv, at_ns)]
        return able[int(random.integers(len(able)))] if able else None
