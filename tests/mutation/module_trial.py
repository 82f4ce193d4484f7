"""Runs a module's own tests with a changed module in its place, in a process of its own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.hunt import Fate, Outcome
from tests.mutation.python_mutations import module_mutations

ROOT = Path(__file__).resolve().parents[2]
LONGEST_S = 120
"""Tests that run longer were stopped by the mutant, for the suite takes seconds."""

MODULES = {
    "chatproof.checkers.verdict": ("tests/checkers/test_verdict.py",),
    "chatproof.checkers.evidence": ("tests/checkers/test_evidence.py",),
}
"""Module of the judge's decisions → the tests that must notice a change of it."""


def hunt_module(module: str) -> Iterator[Outcome]:
    """The outcomes of all mutants of a module."""
    for mutation in module_mutations(source_of(module)):
        fate: Fate = "killed" if is_killed(module, mutation.text) else "survived"
        yield Outcome(module, f"{module}, {mutation.name}", fate)


def source_of(module: str) -> str:
    """The source of a module, which is not imported for it."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text()


def is_killed(module: str, changed: str) -> bool:
    """Whether any test of the module fails with this source."""
    command = [sys.executable, "-m", "tests.mutation.instead", module, *MODULES[module]]
    try:
        ended = subprocess.run(command, input=changed, text=True, capture_output=True, cwd=ROOT, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        return True
    return ended.returncode != 0
