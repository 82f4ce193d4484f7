"""Drivers by name."""

import pytest

from chatproof.drivers.interface import DriverError
from chatproof.drivers.registry import driver_named, driver_names


def test_every_driver_knows_its_name() -> None:
    """What is listed can be made."""
    assert list(driver_names()) == [driver_named(name).name for name in driver_names()]


def test_an_unknown_name_says_which_there_are() -> None:
    """One sentence for a person."""
    with pytest.raises(DriverError) as caught:
        driver_named("smoke-signals")
    assert (
        "There is no driver 'smoke-signals'; there is: reference, or FILE.py:CLASS, FILE.toml, PACKAGE.MODULE:CLASS."
        == str(caught.value)
    )
