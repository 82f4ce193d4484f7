"""Runs tests with another source for one module: `python -m tests.mutation.instead MODULE TEST… < SOURCE`.

A process of its own, which has not imported the module before and is gone afterwards.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds one module, and gives it another source."""

    def __init__(self, name: str, source: str) -> None:
        self._name, self._source = name, source

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._name else None

    def get_source(self, fullname: str) -> str:
        return self._source


def _run(module: str, tests: Sequence[str]) -> int:
    """What pytest ends with, this process's input being the source of the module."""
    sys.meta_path.insert(0, _Instead(module, sys.stdin.read()))
    # Plain asserts: pytest's own importer, which rewrites them, would come first.
    return pytest.main(["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", *tests])


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1], sys.argv[2:]))
