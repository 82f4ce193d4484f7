"""Why surviving mutants are no hole in the tests: reasons written by hand, each for the mutants that it holds for."""

from __future__ import annotations

import tomllib
from pathlib import Path

from msgspec import Struct, convert

_FILE = Path(__file__).with_name("arguments.toml")


class Argument(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason, and the names of the mutants that cannot be killed for it."""

    why: str
    mutants: tuple[str, ...]


def arguments() -> tuple[Argument, ...]:
    """All reasons, in the order of the file."""
    return convert(tomllib.loads(_FILE.read_text())["argument"], tuple[Argument, ...])


def argued() -> dict[str, str]:
    """Mutant → why it survives."""
    return {name: argument.why for argument in arguments() for name in argument.mutants}
