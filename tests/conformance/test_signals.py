"""Receipts, presence and repeats, at the reference server, which claims all of them."""

from pathlib import Path

import pytest

from chatproof.conformance.run import CHECKS, examine
from chatproof.drivers.configuration import TargetConfiguration

pytestmark = [pytest.mark.slow, pytest.mark.trio]

HERE = Path(__file__).resolve().parent
PATIENCE_S = 4.0


async def states(driver: str, directory: Path) -> dict[str, tuple[str, str]]:
    """How each check of a driver ended, and what it found."""
    configuration = TargetConfiguration(driver=driver, folder=str(HERE))
    found = await examine(configuration, "", directory, seed=1, patience_s=PATIENCE_S)
    return {each.name: (each.state, each.found) for each in found}


async def test_whoever_claims_everything_is_asked_for_everything(tmp_path: Path) -> None:
    """Every check is made, and is ok."""
    found = await states("reference", tmp_path)
    assert {check.name: "ok" for check in CHECKS} == {check.name: found[check.name][0] for check in CHECKS}


@pytest.mark.parametrize(
    ("driver", "check", "what"),
    [
        ("SeesNoMarker", "receipts", "a message was marked as read, and its author does not see it"),
        ("SeesNoPresence", "presence", "a user shows itself offline, and who watches it does not see that"),
    ],
)
async def test_a_signal_that_is_not_seen_is_named(driver: str, check: str, what: str, tmp_path: Path) -> None:
    """By the check that is about it, and by no other."""
    found = await states(f"deaf.py:{driver}", tmp_path)
    assert [check] == [name for name, (state, _) in found.items() if state != "ok"]
    assert found[check][1].startswith(what)
    assert "missing" == found[check][0]
