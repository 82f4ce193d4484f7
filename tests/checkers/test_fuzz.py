"""Whatever is done to a run directory, `chatproof check` answers.

The long run is `python -m tests.checkers.fuzz_check --seconds 600`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkers.fuzz_check import check, passing, problem_of
from tests.checkers.mutator import write_sealed

FOUND = (100530, 100539)
"""Seeds that once brought a traceback: run.json that is no UTF-8, a Parquet type that pyarrow does not know."""


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that passes, with its checksums."""
    run_dir = tmp_path_factory.mktemp("sealed")
    write_sealed(passing(), run_dir)
    return run_dir


@pytest.mark.slow
def test_the_run_that_is_spoiled_passes(sealed: Path) -> None:
    """Else nothing that is done to it would show anything."""
    assert 0 == check(sealed).exit


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*FOUND, *range(30)])
def test_a_spoiled_run_gets_an_answer(seed: int, sealed: Path, tmp_path: Path) -> None:
    """A verdict or one sentence, never a traceback, and a pass only where the recorded rows are the sealed ones."""
    assert "" == problem_of(tmp_path / "run", sealed, seed)
