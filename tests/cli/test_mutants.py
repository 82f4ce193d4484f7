"""`chatproof mutants`: what it shows without running anything."""

from pathlib import Path

from click.testing import CliRunner

from chatproof.cli.mutants import mutants
from chatproof.cli.problem import Problem
from chatproof.scenarios.recorded import Cell, keep

CLEAN = Cell(mutant="", scenario="calm", seed=1, state="clean")
ESCAPED = Cell(mutant="larger-seq-first", scenario="short-links", seed=1, guarantee="ordered-stream", state="escaped")


def show(record: Path, *more: str) -> tuple[object, str]:
    """The exit code and the output of `--matrix` over a file."""
    result = CliRunner().invoke(mutants, ["--matrix", "--record", str(record), *more], standalone_mode=False)
    return result.return_value, result.output


def test_recorded_results_are_shown_without_a_run(tmp_path: Path) -> None:
    """A table and the bound; the exit code is that of the results."""
    record = tmp_path / "results.json"
    keep(record, [CLEAN])
    code, output = show(record)
    assert 0 == code
    assert "healthy" in output
    keep(record, [ESCAPED])
    code, output = show(record)
    assert 13 == code
    assert "escaped" in output


def test_the_page_is_written(tmp_path: Path) -> None:
    """Into the file that was named."""
    code, _ = show(tmp_path / "no results.json", "--write", str(tmp_path / "page.md"))
    assert 0 == code
    assert (tmp_path / "page.md").read_text().startswith("# The kill matrix\n")


def test_a_file_of_something_else_is_a_usage_error(tmp_path: Path) -> None:
    """Told in a sentence."""
    (tmp_path / "results.json").write_text("{}")
    result = CliRunner().invoke(mutants, ["--matrix", "--record", str(tmp_path / "results.json")])
    assert isinstance(result.exception, Problem)
    assert 2 == result.exception.exit_code
