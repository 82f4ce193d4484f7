"""A dialect as a driver."""

from __future__ import annotations

import inspect
from typing import Any

import anyio.to_thread

from chatproof.drivers.blame import blaming
from chatproof.drivers.completeness import complete
from chatproof.drivers.errors import DriverError, DriverUnknown
from chatproof.drivers.interface import DeviceSpec, Endpoint, Provisioned, Roster, StartCommand
from chatproof.drivers.names import Names
from chatproof.drivers.plain.dialect import Dialect
from chatproof.drivers.plain.session import PlainSession
from chatproof.drivers.plain.words import Me
from chatproof.protocol.backoff import mix

BEYOND = {
    "resume": "it needs cursors, and so a whole Driver",
    "contiguous_push": "it needs dense ids with gap notices, and so a whole Driver",
    "membership": "joins and leaves are no words of a dialect",
}
"""Claims that need more than a dialect can say, and why."""


class PlainDriver:
    """See `drivers.interface.Driver`."""

    def __init__(self, dialect: Dialect) -> None:
        for claim in BEYOND:
            if dialect.claims.get(claim):
                raise DriverUnknown(f"{dialect.name} claims {claim}, which no dialect can show: {BEYOND[claim]}.")
        self._dialect = dialect
        self._named: tuple[Provisioned, Names] | None = None
        self.name = dialect.name
        self.reads_backward = dialect.reads_backward

    @property
    def claims(self) -> dict[str, Any]:
        """What the dialect claims, and nothing else."""
        return dict(self._dialect.claims)

    def start_command(
        self, *, node: str, directory: str, ws_port: int, http_port: int, variant: str, storage: str = ""  # noqa: ARG002
    ) -> StartCommand:
        """Nobody but the configuration knows how to start this target."""
        raise DriverError(
            f"The driver {self.name} cannot start its target: say how in the table [start] of chatproof.toml, or give"
            " a URL as target."
        )

    async def provision(self, endpoint: Endpoint, roster: Roster, secret: str) -> Provisioned:
        """See the interface; what is missing in the dialect's answer is said here."""
        with blaming("it provisioned"):
            made = await self._provision(endpoint, roster, secret)
        return complete(made, roster, self.name)

    async def _provision(self, endpoint: Endpoint, roster: Roster, secret: str) -> object:
        """Here where the dialect waits by itself, in a thread where it blocks."""
        provision = self._dialect.provision
        if inspect.iscoroutinefunction(provision):
            return await provision(endpoint, roster, secret)
        return await anyio.to_thread.run_sync(provision, endpoint, roster, secret)

    def session(
        self, *, device: DeviceSpec, roster: Roster, provisioned: Provisioned, seed: int  # noqa: ARG002
    ) -> PlainSession:
        """See the interface."""
        if self._named is None or self._named[0] is not provisioned:
            self._named = provisioned, Names(provisioned)
        me = Me(device.dev, provisioned.users[device.user], provisioned.tokens[device.dev])
        return PlainSession(self._dialect, me, self._named[1], seed=mix(seed ^ mix(device.dev)))
