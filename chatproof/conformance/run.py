"""A conformance run: the checks in their order, each with what it rests on, and what came of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from chatproof.backends.errors import BackendError
from chatproof.chaos.errors import ChaosError
from chatproof.conformance.bench import Bench, roster_for, set_up
from chatproof.conformance.causes import cause_of
from chatproof.conformance.checks import credentials, identity, reading, sending, signals
from chatproof.conformance.checks.claims import claims
from chatproof.conformance.errors import CheckFailed
from chatproof.conformance.finding import Finding, Outcome, missing, ok, wrong
from chatproof.conformance.target import Target, served
from chatproof.drivers.configuration import TargetConfiguration
from chatproof.drivers.errors import DriverError, DriverMistaken
from chatproof.drivers.interface import Driver, Provisioned
from chatproof.drivers.registry import driver_of

PATIENCE_S = 5.0
"""How long a check waits for what should happen; as long as a run waits for an answer."""


class Check(NamedTuple):
    """A check: the claim without which it is not made, and the checks without which it says nothing."""

    name: str
    make: Callable[[Bench], Awaitable[Outcome]]
    claim: str = ""
    needs: tuple[str, ...] = ()


CHECKS = (
    Check("login", sending.login),
    Check("send", sending.send, needs=("login",)),
    Check("delivery", sending.delivery, needs=("send",)),
    Check("pipelining", sending.pipelining, needs=("delivery",)),
    Check("ids", identity.ids, needs=("send",)),
    Check("echo", identity.echo, needs=("delivery",)),
    Check("repeat", identity.repeat, "idempotent_window_s", ("delivery",)),
    Check("history", reading.history, "history", ("send",)),
    Check("reconnect", reading.reconnect, needs=("delivery",)),
    Check("receipts", signals.receipts, "receipts", ("delivery",)),
    Check("presence", signals.presence, "presence", ("login",)),
    Check("credential", credentials.credential, needs=("login",)),
)


async def examine(
    configuration: TargetConfiguration, url: str, directory: Path, *, seed: int, patience_s: float = PATIENCE_S
) -> list[Finding]:
    """All checks of a driver at its target, in order. Texts and keys follow from `seed`: a new one for each run.

    `url`: the target's HTTP base URL, or empty for one that is started, with its data and log in `directory`.
    """
    try:
        driver = driver_of(configuration.driver_spec)
    except DriverError as problem:
        findings = [_finding("driver", _blamed(problem, "see driver in chatproof.toml"))]
        return findings + _not_made(findings)
    findings = [_finding("driver", ok(configuration.driver)), _finding("claims", claims(driver.claims))]
    try:
        async with served(configuration, url, driver, directory) as target:
            findings.append(_finding("target", ok(target.told)))
            findings += await _examined(driver, target, seed=seed, patience_s=patience_s)
    except (BackendError, ChaosError, DriverError, OSError) as problem:
        findings.append(_finding("target", missing(str(problem), "see [start], target and ca in chatproof.toml")))
    return findings + _not_made(findings)


async def _examined(driver: Driver, target: Target, *, seed: int, patience_s: float) -> list[Finding]:
    """Provisioning, and then the checks on a bench."""
    made = await _provisioned(driver, target)
    if not isinstance(made, Provisioned):
        return [_finding("provision", made)]
    findings = [_finding("provision", ok(f"{len(made.users)} users, {len(made.conversations)} rooms"))]
    try:
        async with set_up(driver, target.door, made, patience_s=patience_s, seed=seed) as bench:
            for check in CHECKS:
                outcome = _skipped(check, bench, findings) or await _made(check, bench)
                findings.append(_finding(check.name, outcome))
    except* DriverError as group:  # no check let it out: a session could not be made
        findings += [_finding("session", _blamed(each)) for each in group.exceptions if isinstance(each, DriverError)]
    return findings


async def _provisioned(driver: Driver, target: Target) -> Provisioned | Outcome:
    """Users and rooms, or why there are none."""
    try:
        return await driver.provision(target.door.endpoint, roster_for(driver), target.secret)
    except DriverError as problem:
        return _blamed(problem)


def _skipped(check: Check, bench: Bench, findings: Sequence[Finding]) -> Outcome | None:
    """Why a check is not made; None for one that is."""
    if check.claim and not bench.claims.get(check.claim):
        return Outcome("not claimed", "never asked for")
    failed = [each.name for each in findings if each.name in check.needs and each.state != "ok"]
    return Outcome("not checked", f"{failed[0]} comes first") if failed else None


async def _made(check: Check, bench: Bench) -> Outcome:
    """A check's outcome; what the driver raises meanwhile is one, too."""
    try:
        return await check.make(bench)
    except CheckFailed as failed:
        return failed.outcome
    except DriverError as problem:
        return _blamed(problem)


def _blamed(problem: DriverError, advice: str = "see what provision returns and the driver makes of it") -> Outcome:
    """An exception of the driver: what the world said behind it, or its own sentence."""
    sentence = str(problem).rstrip(".")
    if (cause := cause_of(problem)) is not None:
        return missing(f"{cause.found} ({sentence})", cause.advice)
    if isinstance(problem, DriverMistaken):
        return wrong(sentence, "correct the driver there")
    return missing(sentence, advice)


def _not_made(findings: Sequence[Finding]) -> list[Finding]:
    """The checks that a run which ended early, with its last finding, did not come to."""
    made = {each.name for each in findings}
    last = findings[-1].name
    names = ("claims", "target", "provision", *(check.name for check in CHECKS))
    return [_finding(name, Outcome("not checked", f"{last} comes first")) for name in names if name not in made]


def _finding(name: str, outcome: Outcome) -> Finding:
    return Finding(name, *outcome)
