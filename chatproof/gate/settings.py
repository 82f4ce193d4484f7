"""What the user asked for: flags over chatproof.toml over defaults."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from chatproof.dashboards.openslo import OpenSloError, load_slos
from chatproof.dashboards.own_objectives import OwnObjective, with_own
from chatproof.drivers.configuration import TargetConfiguration
from chatproof.drivers.interface import Endpoint
from chatproof.gate.errors import UsageProblem
from chatproof.scenarios.matrix import MATRIX

CONFIG_FILE = "chatproof.toml"
EMBEDDED, LOCAL = "embedded", "local"
"""Targets that we start: the driver's own one, or what `[start]` says."""


class Settings(TargetConfiguration, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run's settings.

    Attributes:
        config: the path of the configuration, where it is not that of the working directory; not to be written in it.
        target: `embedded` (start the driver's own target), `mutant:NAME`, `local` (start it as `[start]` says, which is
            the default where there is that table), or an `http://` base URL with the WebSocket at `ws`.
        slo: objectives of one's own, by the name of their SLO; what is not named is judged as `dashboards/slos/` says.
        out: where run directories are made.
        live: judge while the run goes on what can be judged then.
        fail_fast: the same, and end the run at the first violation.
        metrics_port: where the load's metrics are served on the loopback interface; None: nowhere.
    """

    config: str = ""
    target: str = EMBEDDED
    scenario: str = "default"
    seed: int = 1
    users: int | None = None
    duration_s: float | None = None
    slo: dict[str, OwnObjective] = msgspec.field(default_factory=dict)
    out: str = "runs"
    workers: int = 2
    live: bool = False
    fail_fast: bool = False
    metrics_port: int | None = None

    @property
    def mutant(self) -> str:
        """The mutant's name, or empty."""
        return self.target.removeprefix("mutant:") if self.target.startswith("mutant:") else ""

    @property
    def is_local(self) -> bool:
        """Whether we start the target ourselves."""
        return self.target in (EMBEDDED, LOCAL) or bool(self.mutant)

    @property
    def engine(self) -> str:
        """The engine of the reference server, where that is what the driver starts; of others nobody knows it."""
        return EMBEDDED if self.is_local and self.target != LOCAL and self.driver_spec.is_ours else ""

    @property
    def endpoint(self) -> Endpoint:
        """Where a target that is given by URL answers."""
        return Endpoint(ws=self.ws, http=self.target.rstrip("/"), ca=self.ca_file)

    @property
    def judges_live(self) -> bool:
        """Whether the run is judged while it goes on."""
        return self.live or self.fail_fast

    def replay(self) -> str:
        """The command that makes this run again, for a shell: in any folder, or in that of its chatproof.toml."""
        flags = {
            "--config": self.config or None, "--target": self.target, "--scenario": self.scenario, "--seed": self.seed,
            "--users": self.users, "--duration": None if self.duration_s is None else f"{self.duration_s:g}",
        }  # fmt: skip
        given = [word for name, value in flags.items() if value is not None for word in (name, str(value))]
        return shlex.join(("chatproof", "gate", *given))


def load_settings(config: Path | None, **flags: object) -> Settings:
    """Read the configuration (the named file, else chatproof.toml where there is one) and lay the given flags over it.

    Raises `UsageProblem` where the file cannot be read, is no TOML, or has an unknown key or a value of a wrong type.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    settings = replace(_read(config), **given)
    if settings.start is not None and settings.target == EMBEDDED and "target" not in given:
        settings = replace(settings, target=LOCAL)
    _check(settings)
    slos_of(settings)  # what cannot be judged is told before anything starts
    return settings


def slos_of(settings: Settings) -> tuple[dict[str, Any], ...]:
    """The SLOs that a run is judged by, as OpenSLO documents. Raises `UsageProblem` where `[slo]` is wrong."""
    try:
        return with_own(load_slos(), settings.slo)
    except OpenSloError as problem:
        raise UsageProblem(f"The table [slo] of the configuration is wrong: {problem}.") from problem


def _read(config: Path | None) -> Settings:
    path = config or Path(CONFIG_FILE)
    if config is None and not path.exists():
        return Settings()
    try:
        read = msgspec.toml.decode(path.read_bytes(), type=Settings)
        whole = path.resolve()
        is_found_by_itself = whole == Path(CONFIG_FILE).resolve()
        return replace(read, folder=str(whole.parent), config="" if is_found_by_itself else str(whole))
    except OSError as error:
        raise UsageProblem(f"The configuration {path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageProblem(f"The configuration {path} is wrong: {error}.") from error


def _check(settings: Settings) -> None:
    if not settings.is_local and not settings.target.startswith(("http://", "https://")):
        raise UsageProblem(f"--target {settings.target} is neither embedded, local, mutant:NAME nor a URL.")
    if settings.target == LOCAL and settings.start is None:
        raise UsageProblem(f"--target {LOCAL} needs the table [start] of {CONFIG_FILE}, which says how to start it.")
    if not settings.is_local and not settings.ws and not settings.driver_spec.is_ours:
        raise UsageProblem(f"The target {settings.target} needs its WebSocket URL, as ws in {CONFIG_FILE}.")
    if settings.mutant and not settings.driver_spec.is_ours:
        raise UsageProblem(f"There are mutants of the reference server only, not of {settings.driver}'s target.")
    known = [row.mutant for row in MATRIX]
    if settings.mutant and settings.mutant not in known:
        raise UsageProblem(f"There is no mutant {settings.mutant}; there are {', '.join(known)}.")
    if settings.users is not None and settings.users < 60:
        raise UsageProblem(
            "--users must be at least 60: the hot group needs 50 members and the rest someone to write to."
        )
    if settings.duration_s is not None and settings.duration_s < 10:
        raise UsageProblem("--duration must be at least 10 seconds: a shorter run has nothing to judge.")
    if settings.metrics_port is not None and not 0 < settings.metrics_port < 65536:
        raise UsageProblem("--metrics-port must be a port from 1 to 65535.")
    if settings.workers < 1:
        raise UsageProblem("--workers must be at least 1.")
