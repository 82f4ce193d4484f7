"""The part of chatproof.toml that says what the target is: its driver, how to start it, or where it answers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from msgspec import Struct

from chatproof.drivers.errors import DriverError
from chatproof.drivers.interface import Driver, Endpoint, StartCommand
from chatproof.drivers.registry import DriverSpec

SECRET_VARIABLE = "CHATPROOF_SECRET"
"""What `provision` authenticates with at a target of one's own, where the configuration has no `secret`."""


class Start(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[start]`: the target as a local process that may be killed, paused and started again.

    In every text `{ws_port}` and `{http_port}` are free ports, `{directory}` an empty folder for its data that outlives
    a kill, `{node}` its name, `{python}` the interpreter of chatproof, `{here}` the configuration's folder, `{secret}`
    the secret. A target with one port uses `{ws_port}` only.

    Attributes:
        ready_url: answers 200 when the target serves.
        ws, http: where it serves.
        cwd: where it is started, relative to the configuration.
    """

    argv: tuple[str, ...]
    env: dict[str, str] = {}
    ready_url: str
    ws: str
    http: str = ""
    cwd: str = "."


class TargetConfiguration(Struct, frozen=True, kw_only=True):
    """What of the configuration every part needs that speaks to the target.

    Attributes:
        driver: see `drivers.registry`.
        options: keyword arguments of the driver's class.
        start: how to start the target here.
        ws: the WebSocket URL of a target that is given by URL.
        secret: what `provision` authenticates with.
        ca: a file of certificate authorities that a TLS target is checked against, relative to the configuration.
        folder: where the configuration stands; not to be written in it.
    """

    driver: str = "reference"
    options: dict[str, Any] = {}
    start: Start | None = None
    ws: str = ""
    secret: str = ""
    ca: str = ""
    folder: str = ""

    @property
    def driver_spec(self) -> DriverSpec:
        """The driver, as data."""
        return DriverSpec(self.driver, self.folder, self.options)

    @property
    def ca_file(self) -> str:
        """The path of the authorities, or nothing."""
        return str(Path(self.folder, self.ca)) if self.ca else ""

    @property
    def own_secret(self) -> str:
        """The secret, from the configuration or the environment."""
        return self.secret or os.environ.get(SECRET_VARIABLE, "")


def started(
    configuration: TargetConfiguration, driver: Driver, *, node: str, directory: str, ws_port: int, http_port: int,
    variant: str = "", storage: str = "",
) -> StartCommand:
    """The command of `[start]`, else of a driver that knows how to start its target. Raises `DriverError`.

    Args:
        variant, storage: see `Driver.start_command`; a `[start]` knows neither.
    """
    if configuration.start is None:
        return driver.start_command(
            node=node, directory=directory, ws_port=ws_port, http_port=http_port, variant=variant, storage=storage
        )
    return filled(
        configuration.start, folder=configuration.folder, secret=configuration.own_secret, ca=configuration.ca_file,
        node=node, directory=directory, ws_port=ws_port, http_port=http_port,
    )  # fmt: skip


def filled(
    start: Start, *, folder: str, secret: str, ca: str, node: str, directory: str, ws_port: int, http_port: int
) -> StartCommand:
    """The command that a `[start]` table describes. Raises `DriverError` for a placeholder that there is not."""
    values = {
        "ws_port": ws_port, "http_port": http_port, "directory": directory, "node": node, "python": sys.executable,
        "here": str(Path(folder).resolve()), "secret": secret,
    }  # fmt: skip

    def fill(text: str) -> str:
        try:
            return text.format_map(values)
        except (LookupError, ValueError, AttributeError, TypeError) as problem:
            known = ", ".join(f"{{{name}}}" for name in values)
            raise DriverError(f"[start] has {text!r}, which cannot be filled in; known: {known}.") from problem

    Path(directory).mkdir(parents=True, exist_ok=True)
    ws = fill(start.ws)
    return StartCommand(
        node=node,
        argv=tuple(fill(part) for part in start.argv),
        env={name: fill(value) for name, value in start.env.items()},
        ready_url=fill(start.ready_url),
        endpoint=Endpoint(ws=ws, http=fill(start.http) if start.http else http_of(ws), ca=ca),
        secret=secret,
        cwd=str(Path(folder, start.cwd).resolve()),
    )


def http_of(ws: str) -> str:
    """The HTTP base URL of the same host and port as a WebSocket URL."""
    scheme, _, rest = ws.partition("://")
    return f"{'https' if scheme == 'wss' else 'http'}://{rest.partition('/')[0]}"
