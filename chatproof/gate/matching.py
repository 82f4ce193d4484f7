"""The driver of a run, with claims that there are, and the scenario as its target can bear it."""

from __future__ import annotations

from collections.abc import Callable

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.run_document import complete_values
from chatproof.checkers.history.vocabulary import CLAIMS
from chatproof.drivers.interface import Driver, DriverError
from chatproof.drivers.registry import driver_of
from chatproof.gate.errors import UsageProblem, sentence
from chatproof.gate.settings import Settings
from chatproof.scenarios.fitting import fitted
from chatproof.scenarios.scenario import Scenario


def driver_for(settings: Settings) -> Driver:
    """The driver that was asked for. Raises `UsageProblem` where there is none, or it claims what cannot be claimed."""
    try:
        driver = driver_of(settings.driver_spec)
        complete_values(f"the driver {driver.name}, claims", CLAIMS, driver.claims)
    except (DriverError, HistoryError) as error:
        raise UsageProblem(sentence(error)) from error
    return driver


def matched(scenario: Scenario, settings: Settings, driver: Driver, tell: Callable[[str], None]) -> Scenario:
    """The scenario as this target can bear it; `tell` hears what is left out, and why. Raises `UsageProblem`."""
    if settings.driver_spec.is_ours and settings.is_local:
        return scenario
    needs = {name: guarantee.claims for name, guarantee in GUARANTEES.items()}
    suited = fitted(scenario, driver.claims, needs, is_started_here=settings.is_local)
    for each in suited.unavailable:
        tell(f"unavailable: {each}")
    if not suited.required:
        raise UsageProblem(f"Of what the scenario {scenario.name} requires, {settings.driver} claims nothing.")
    return suited
