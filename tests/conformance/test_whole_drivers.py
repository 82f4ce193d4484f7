"""A whole driver whose own code fails: the check where it did says so in a sentence, and nothing is a traceback."""

from pathlib import Path

import pytest

from chatproof.conformance.finding import Finding
from chatproof.conformance.run import examine
from chatproof.drivers.configuration import TargetConfiguration

pytestmark = pytest.mark.trio

DRIVER = """
from chatproof.drivers.interface import Provisioned
from tests.loadtests.fakes import FakeSession

class Sound:
    name = "whole"
    reads_backward = True
    claims = {}

    def start_command(self, **_):
        raise AssertionError("it is there already")

    async def provision(self, endpoint, roster, secret):
        rooms = {each.conv: "room" for each in roster.conversations}
        return Provisioned(dict.fromkeys(range(roster.users), "u"), {each.dev: "t" for each in roster.devices}, rooms)

    def session(self, **_):
        return FakeSession()

class CannotProvision(Sound):
    async def provision(self, endpoint, roster, secret):
        raise KeyError("users")

class ProvisionsNothing(Sound):
    async def provision(self, endpoint, roster, secret):
        return None

class MakesNoSession(Sound):
    def session(self, **_):
        raise TypeError("no device")

class NeverConnects(Sound):
    def session(self, **_):
        made = FakeSession()
        made.reconnect_at_ns = lambda: 1 // 0
        return made
"""


async def failed(driver: str, folder: Path) -> Finding:
    """The first check that fails at a target that nobody has to reach."""
    (folder / "whole.py").write_text(DRIVER)
    configuration = TargetConfiguration(driver=f"whole.py:{driver}", folder=str(folder), ws="ws://127.0.0.1:9/")
    found = await examine(configuration, "http://127.0.0.1:9", folder, seed=1, patience_s=5.0)
    return next(each for each in found if each.has_failed)


@pytest.mark.parametrize(
    ("driver", "check", "sentence"),
    [
        ("CannotProvision", "provision", "when whole.provision was called: KeyError: 'users' (whole.py, line"),
        ("ProvisionsNothing", "provision", "when it provisioned: whole.provision returned None"),
        ("MakesNoSession", "session", "when whole.session was called: TypeError: no device (whole.py, line"),
        ("NeverConnects", "login", "when whole.reconnect_at_ns was called: ZeroDivisionError"),
    ],
)
async def test_what_it_raises_is_a_finding(driver: str, check: str, sentence: str, tmp_path: Path) -> None:
    """It names the driver, the method and the exception."""
    found = await failed(driver, tmp_path)
    assert (check, "wrong", "correct the driver there") == (found.name, found.state, found.advice)
    assert f"The driver failed {sentence}" in found.found
