"""Runs a module's own tests with a changed module in its place, in a process of its own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Container, Iterator
from pathlib import Path

import pytest

from tests.mutation.hunt import Fate, Outcome
from tests.mutation.python_mutations import module_mutations
from tests.mutation.sql_mutations import Mutation

ROOT = Path(__file__).resolve().parents[2]
LONGEST_S = 120
"""Tests that run longer were stopped by the mutant, for the suite takes seconds."""

MODULES = {
    "chatproof.checkers.verdict": ("tests/checkers/test_verdict.py",),
    "chatproof.checkers.evidence": ("tests/checkers/test_evidence.py",),
    "chatproof.checkers.implied": ("tests/checkers/test_implied.py",),
    "chatproof.checkers.judge": ("tests/checkers/test_judge.py",),
}
"""Module of the judge's decisions → the tests that must notice a change of it."""


def mutations_of(module: str) -> list[Mutation]:
    """All changes to a module."""
    return module_mutations(source_of(module))


def hunt_module(module: str, wanted: Container[str]) -> Iterator[Outcome]:
    """The outcomes of the mutants of a module that have these names."""
    for mutation in mutations_of(module):
        name = f"{module}, {mutation.name}"
        if name in wanted:
            fate: Fate = "killed" if is_killed(module, mutation.text) else "survived"
            yield Outcome(module, name, fate)


def source_of(module: str) -> str:
    """The source of a module, which is not imported for it."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text()


def is_killed(module: str, changed: str) -> bool:
    """Whether any test of the module fails with this source; the quick ones are asked first."""
    return any(_fails(module, changed, marked) for marked in ("not slow", "slow"))


def _fails(module: str, changed: str, marked: str) -> bool:
    command = [sys.executable, "-m", "tests.mutation.instead", module, "-m", marked, *MODULES[module]]
    try:
        ended = subprocess.run(command, input=changed, text=True, capture_output=True, cwd=ROOT, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        return True
    return ended.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
