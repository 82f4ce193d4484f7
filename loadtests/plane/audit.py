"""The audit of a plane: its users' own conversations are walked from end to end, with two page sizes, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatproof.drivers.interface import Roster
from chatproof.loadtests.plane.device import Device
from chatproof.loadtests.plane.reading import Direction, Reading, Walk
from chatproof.loadtests.roster import devices_of

PAGE_LIMITS = (50, 200)
"""Two page sizes: a server that loses events at a page's border loses different ones with each."""
AT_ONCE = 8
"""Walks under way at once per plane: an audit must not be a load test."""


def audit_walks(roster: Roster, devices: Mapping[int, Device], directions: Sequence[Direction]) -> list[Walk]:
    """The walks of this plane, in the directions that the target can read. The owner reads: owners are never kicked,
    and each belongs to exactly one worker."""
    first_devices = {user: owned[0] for user, owned in devices_of(roster).items()}
    walks: list[Walk] = []
    for conversation in roster.conversations:
        reader = devices.get(first_devices[conversation.members[0]])
        if reader is not None:
            walks += [walk for walk in _walks(reader, conversation.conv) if walk.direction in directions]
    return walks


def _walks(reader: Device, conv: int) -> list[Walk]:
    forward = [Walk(reader, conv, after=0, limit=limit, direction="forward", purpose="audit") for limit in PAGE_LIMITS]
    backward = Walk(reader, conv, after=0, limit=PAGE_LIMITS[0], direction="backward", purpose="audit")
    return [*forward, backward]


class Audit:
    """Drives walks, a few at a time and one per device. Call `advance` until `is_over`."""

    def __init__(self, walks: Sequence[Walk], reading: Reading) -> None:
        self._waiting = list(reversed(walks))
        self._active: list[Walk] = []
        self._reading = reading
        self.failed = 0

    @property
    def is_over(self) -> bool:
        """Nothing is left to read."""
        return not self._waiting and not self._active

    @property
    def left(self) -> int:
        """Walks that are not over."""
        return len(self._waiting) + len(self._active)

    def advance(self) -> None:
        """Take out what is over, begin what fits."""
        self.failed += sum(walk.has_failed for walk in self._active)
        self._active = [walk for walk in self._active if not walk.is_over]
        while self._waiting and len(self._active) < AT_ONCE:
            self._active.append(self._reading.begin(self._waiting.pop()))
