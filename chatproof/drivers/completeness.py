"""Whether provisioning made everything that a run needs."""

from __future__ import annotations

from chatproof.drivers.errors import DriverError, DriverMistaken
from chatproof.drivers.interface import Provisioned, Roster


def complete(made: object, roster: Roster, name: str) -> Provisioned:
    """What the driver `name` made, if that is all of the roster. Raises `DriverError` with what is missing first."""
    if not isinstance(made, Provisioned):
        raise DriverMistaken(f"The driver failed when it provisioned: {name}.provision returned {made!r:.80}.")
    for what, wanted, got in (
        ("users", range(roster.users), made.users),
        ("tokens", [device.dev for device in roster.devices], made.tokens),
        ("conversations", [each.conv for each in roster.conversations], made.conversations),
    ):
        if missing := [index for index in wanted if index not in got]:
            raise DriverError(f"The driver {name} made no {what} {missing[0]} ({len(missing)} missing).")
    return made
