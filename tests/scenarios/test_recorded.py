"""Results of the kill matrix, kept in a file."""

from pathlib import Path

import pytest

from chatproof.scenarios.matrix import CALM, MATRIX, SHORT_SCENARIOS
from chatproof.scenarios.recorded import RESULTS, Cell, UnreadableResults, keep, read_cells

HEALTHY = Cell(mutant="", scenario="calm", seed=1, state="clean", seconds=30.5)
CAUGHT = Cell(
    mutant="some-mutant", scenario="calm", seed=2, guarantee="no-gap", state="caught", broken=("no-gap",), shown_ns=7
)


def test_no_file_has_no_results(tmp_path: Path) -> None:
    """What was never written is empty."""
    assert () == read_cells(tmp_path / "none.json")


def test_results_are_added_and_replaced(tmp_path: Path) -> None:
    """One line per run, in a fixed order; the same run again takes the place of its earlier result."""
    path = tmp_path / "results.json"
    keep(path, [CAUGHT, Cell(mutant="", scenario="calm", seed=1, state="no verdict")])
    keep(path, [HEALTHY])
    assert (HEALTHY, CAUGHT) == read_cells(path)
    assert 4 == len(path.read_text().splitlines())


@pytest.mark.parametrize("text", ["", "{}", '[{"mutant": 3}]'])
def test_another_file_is_not_overwritten(tmp_path: Path, text: str) -> None:
    """It is an error that names the file, and stays as it was."""
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(UnreadableResults, match=r"results\.json"):
        keep(path, [HEALTHY])
    assert text == path.read_text()


def test_every_row_of_the_matrix_was_run_and_caught() -> None:
    """In its scenario, under its guarantee, at least once, and never otherwise."""
    states = {
        (row.mutant, cell.state)
        for row in MATRIX
        for cell in read_cells(RESULTS)
        if (cell.mutant, cell.scenario, cell.guarantee) == (row.mutant, row.scenario, row.guarantee)
    }
    assert {(row.mutant, "caught") for row in MATRIX} == states


def test_every_mutant_that_needs_a_fault_passed_a_calm_run() -> None:
    """Of about 1,000 sends."""
    calm = {
        cell.mutant: cell
        for cell in read_cells(RESULTS)
        if cell.mutant and cell.scenario == CALM and not cell.guarantee
    }
    assert {(row.mutant, "clean") for row in MATRIX if row.needs_fault} == {(n, c.state) for n, c in calm.items()}
    assert 900 <= min(cell.acked_sends for cell in calm.values())


def test_the_healthy_server_was_never_accused() -> None:
    """In any recorded run; and it was clean at least once in each short scenario."""
    runs = [cell for cell in read_cells(RESULTS) if not cell.mutant]
    assert set(SHORT_SCENARIOS) == {cell.scenario for cell in runs if cell.good}
    assert [] == [cell for cell in runs if cell.state not in {"clean", "no verdict"}]
