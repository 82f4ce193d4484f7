"""Drivers by name."""

from pathlib import Path

import pytest

from chatproof.drivers.errors import DriverError, DriverMistaken, DriverUnknown
from chatproof.drivers.registry import DriverSpec, driver_named, driver_names, driver_of

DIALECT = """
from chatproof.drivers.plain import Dialect

class Mine(Dialect):
    name = "mine"

    def __init__(self, key=""):
        self.key = key

class Nothing:
    pass

number = 5
"""


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A folder with a driver's file."""
    (tmp_path / "mine.py").write_text(DIALECT)
    return str(tmp_path)


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


def test_a_dialect_in_a_file_is_a_driver(folder: str) -> None:
    """Also by the name of a module beside the configuration, and with options."""
    assert "mine" == driver_of(DriverSpec("mine.py:Mine", folder, {"key": "k"})).name
    assert "mine" == driver_of(DriverSpec("mine:Mine", folder)).name
    assert "reference" == driver_of(DriverSpec("chatproof.drivers.reference:ReferenceDriver")).name


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("other.py:Mine", "There is no file"),
        ("nowhere.at.all:Mine", "There is no module nowhere.at.all to take a driver from."),
        ("mine.py:Yours", "leads to no class"),
        ("mine.py:number", "leads to no class"),
        (
            "mine.py:Nothing",
            "is neither a Dialect nor a Driver: it has no name, reads_backward, claims, provision, session,"
            " start_command.",
        ),
    ],
)
def test_a_name_that_leads_nowhere_is_told(name: str, sentence: str, folder: str) -> None:
    """One sentence each."""
    with pytest.raises(DriverUnknown) as caught:
        driver_of(DriverSpec(name, folder))
    assert sentence in str(caught.value)


def test_what_its_own_code_raises_is_the_drivers_mistake(folder: str) -> None:
    """An option that its class does not take, and an error at import."""
    with pytest.raises(DriverMistaken, match="was made with the options colour: TypeError"):
        driver_of(DriverSpec("mine.py:Mine", folder, {"colour": "red"}))
    Path(folder, "bad.py").write_text("1 / 0")
    with pytest.raises(DriverMistaken, match=r"bad.py was imported: ZeroDivisionError.*\(bad.py, line 1\)"):
        driver_of(DriverSpec("bad.py:Mine", folder))
