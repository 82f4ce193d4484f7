"""Which drivers there are, by name."""

from __future__ import annotations

from collections.abc import Callable

from chatproof.drivers.interface import Driver, DriverError
from chatproof.drivers.reference import ReferenceDriver

_DRIVERS: dict[str, Callable[[], Driver]] = {"reference": ReferenceDriver}


def driver_names() -> tuple[str, ...]:
    """The names that `driver_named` knows."""
    return tuple(_DRIVERS)


def driver_named(name: str) -> Driver:
    """A new driver. Raises `DriverError` for a name that there is none for."""
    make = _DRIVERS.get(name)
    if make is None:
        raise DriverError(f"There is no driver {name!r}; there is: {', '.join(_DRIVERS)}.")
    return make()
