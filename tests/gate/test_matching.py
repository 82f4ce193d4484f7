"""Before a run: the driver's claims are claims that there are, and the scenario is one that the target can bear."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from chatproof.gate.errors import UsageProblem
from chatproof.gate.matching import driver_for, matched
from chatproof.gate.settings import Settings, load_settings
from chatproof.scenarios.catalogue import SCENARIOS

DRIVER = """
from chatproof.drivers import plain

class Driver(plain.Dialect):
    name = "own"
    claims = {claims}
"""


def settings(folder: Path, claims: str) -> Settings:
    """Settings of somebody whose driver claims this; a target that runs elsewhere."""
    (folder / "driver.py").write_text(DRIVER.replace("{claims}", claims))
    config = folder / "chatproof.toml"
    config.write_text('driver = "driver.py:Driver"\ntarget = "http://chat.example"\nws = "ws://chat.example/"\n')
    return load_settings(config)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ("{'dense_id': True}", "The driver own, claims: there is no key 'dense_id'"),
        ("{'idempotent_window_s': True}", "The driver own, claims, idempotent_window_s: True is no int"),
        ("{'idempotent_window_s': -1}", "The driver own, claims, idempotent_window_s: -1 is not within 0 and"),
    ],
)
def test_a_wrong_claim_is_told_before_the_run(tmp_path: Path, claims: str, said: str) -> None:
    """Not when everything is recorded and cannot be judged."""
    with pytest.raises(UsageProblem, match=said):
        driver_for(settings(tmp_path, claims))


def test_our_own_server_started_here_bears_every_scenario() -> None:
    """Nothing is taken from it, and nobody is told anything."""
    own, told = Settings(), list[str]()
    for make in SCENARIOS.values():
        assert make(1) == matched(make(1), own, driver_for(own), told.append)
    assert [] == told


def test_what_a_target_cannot_bear_is_left_out_and_told(tmp_path: Path) -> None:
    """A process that is not ours is not killed."""
    asked, told = settings(tmp_path, "{'history': True}"), list[str]()
    suited = matched(SCENARIOS["default"](1), asked, driver_for(asked), told.append)
    assert [f"unavailable: {each}" for each in suited.unavailable] == told
    assert any("is not ours" in each for each in told)


def test_a_scenario_of_which_nothing_is_claimed_is_refused(tmp_path: Path) -> None:
    """It could end in nothing but a pass."""
    asked = settings(tmp_path, "{}")
    scenario = replace(SCENARIOS["power-loss"](1), required=("durable-ack-power",))
    with pytest.raises(UsageProblem, match=r"scenario power-loss requires, driver\.py:Driver claims nothing"):
        matched(scenario, asked, driver_for(asked), print)
