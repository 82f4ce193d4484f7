"""Why surviving mutants are no hole in the tests: reasons written by hand, each for the mutants that it holds for."""

from __future__ import annotations

import tomllib
from pathlib import Path

from msgspec import Struct, convert

_FILE = Path(__file__).with_name("arguments.toml")


class Argument(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason, and the names of the mutants that cannot be killed for it.

    Attributes:
        equivalent: no history that the evidence check lets through tells the mutant from the original. Otherwise the
            difference is real and does not matter, and the mutant counts as not killed.
    """

    why: str
    mutants: tuple[str, ...]
    equivalent: bool = True


def arguments() -> tuple[Argument, ...]:
    """All reasons, in the order of the file."""
    return convert(tomllib.loads(_FILE.read_text())["argument"], tuple[Argument, ...])


def argued() -> dict[str, Argument]:
    """Mutant → why it survives."""
    return {name: argument for argument in arguments() for name in argument.mutants}
