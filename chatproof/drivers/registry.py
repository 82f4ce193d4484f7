"""Finds the driver that a configuration names, in this process as in every plane.

A name is one of ours (`reference`), `FILE.py:CLASS` or `FILE.toml` (a declarative driver) beside the configuration,
or `PACKAGE.MODULE:CLASS` of what is installed. The class is a `plain.Dialect` or a whole `interface.Driver`; it is
called with the table `[options]` of the configuration as its keyword arguments.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from msgspec import Struct

from chatproof.drivers.blame import blaming
from chatproof.drivers.blamed import BlamedDriver
from chatproof.drivers.declarative import read_declaration
from chatproof.drivers.errors import DriverUnknown
from chatproof.drivers.interface import Driver
from chatproof.drivers.plain.dialect import Dialect
from chatproof.drivers.plain.driver import PlainDriver
from chatproof.drivers.reference import ReferenceDriver

_BUILT_IN: dict[str, Callable[[], Driver]] = {"reference": ReferenceDriver}
_DRIVER_PARTS = ("name", "reads_backward", "claims", "provision", "session", "start_command")


class DriverSpec(Struct, frozen=True):
    """A driver as a configuration names it: data, so that a plan can carry it to other processes.

    Attributes:
        folder: where relative files stand; empty for the working directory.
        options: the keyword arguments of its class.
    """

    name: str = "reference"
    folder: str = ""
    options: dict[str, Any] = {}

    @property
    def is_ours(self) -> bool:
        """Whether it is a driver of chatproof's own: its target has everything that a scenario can ask for."""
        return self.name in _BUILT_IN


def driver_names() -> tuple[str, ...]:
    """The names that need neither file nor module."""
    return tuple(_BUILT_IN)


def driver_named(name: str) -> Driver:
    """A new driver by its name alone. Raises `DriverError`."""
    return driver_of(DriverSpec(name))


def driver_of(spec: DriverSpec) -> Driver:
    """A new driver. Raises `DriverUnknown` where the name leads nowhere, `DriverMistaken` where its code fails."""
    if spec.is_ours:
        return _BUILT_IN[spec.name]()
    if spec.name.endswith(".toml"):
        return PlainDriver(read_declaration(Path(spec.folder, spec.name), spec.options))
    place, colon, class_name = spec.name.rpartition(":")
    if not colon or not place or not class_name:
        raise DriverUnknown(
            f"There is no driver {spec.name!r}; there is: {', '.join(_BUILT_IN)}, or FILE.py:CLASS, FILE.toml,"
            " PACKAGE.MODULE:CLASS."
        )
    module = _from_file(Path(spec.folder, place)) if place.endswith(".py") else _installed(place, spec.folder)
    return _made(getattr(module, class_name, None), spec)


def _from_file(path: Path) -> ModuleType:
    """The module in a file, which need not be installed; its own folder can be imported from."""
    if not path.is_file():
        raise DriverUnknown(f"There is no file {path} to take a driver from.")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    described = importlib.util.spec_from_file_location(f"chatproof_driver_{path.stem}", path)
    if described is None or described.loader is None:
        raise DriverUnknown(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(described)
    sys.modules[described.name] = module
    with blaming(f"{path.name} was imported"):
        described.loader.exec_module(module)
    return module


def _installed(name: str, folder: str) -> ModuleType:
    """A module by its name, also one that lies beside the configuration."""
    if folder and folder not in sys.path:
        sys.path.append(folder)
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise DriverUnknown(f"There is no module {name} to take a driver from.")
    with blaming(f"{name} was imported"):
        return importlib.import_module(name)


def _made(found: Any, spec: DriverSpec) -> Driver:
    """An instance of what was found, if that is a driver or a dialect."""
    if not isinstance(found, type):
        raise DriverUnknown(f"The driver {spec.name} leads to no class.")
    with blaming(f"{spec.name} was made with {_told(spec.options)}"):
        made = found(**spec.options)
    if isinstance(made, Dialect):
        return PlainDriver(made)
    missing = [part for part in _DRIVER_PARTS if not hasattr(made, part)]
    if missing:
        raise DriverUnknown(f"{spec.name} is neither a Dialect nor a Driver: it has no {', '.join(missing)}.")
    with blaming(f"{spec.name} was asked for its name"):
        return BlamedDriver(made)


def _told(options: Mapping[str, Any]) -> str:
    """The names of the options: their values may be secrets."""
    return f"the options {', '.join(options)}" if options else "no options"
