"""What can go wrong with a driver. Each message is one sentence for a person.

    Exception
    └── DriverError          the target could not be prepared, or said something that ends the run
        ├── DriverUnknown    there is no such driver, or its file, class or options are wrong
        └── DriverMistaken   the driver itself is at fault: it raised, or what it says cannot be

None of them is ever a result about the target.
"""

from __future__ import annotations


class DriverError(Exception):
    """The target could not be prepared, or a run at it cannot go on."""


class DriverUnknown(DriverError):
    """A driver's name leads to nothing that is a driver."""


class DriverMistaken(DriverError):
    """The driver is wrong, not the target."""
