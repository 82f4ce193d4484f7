"""The page of the kill matrix, and that it is what was recorded."""

from pathlib import Path

import pytest

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.judge import find
from chatproof.report.kill_matrix import bound, page
from chatproof.scenarios.matrix import GENERATED, MATRIX, SHORT_SCENARIOS, Generated
from chatproof.scenarios.recorded import RESULTS, Cell, read_cells
from tests.checkers.guarantees.judged import ready
from tests.checkers.stories import history_of

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "KILL_MATRIX.md"


def healthy(seeds: int, state: str = "clean") -> list[Cell]:
    """So many whole seeds, the last of them with this state in its last scenario."""
    cells = [Cell(mutant="", scenario=name, seed=n, state="clean") for n in range(seeds) for name in SHORT_SCENARIOS]
    return [*cells[:-1], Cell(mutant="", scenario=SHORT_SCENARIOS[-1], seed=seeds - 1, state=state)]  # type: ignore[arg-type]


def line_of(text: str, start: str) -> list[str]:
    """The cells of the table row that begins with this."""
    row = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_the_page_is_up_to_date() -> None:
    """It equals what `chatproof mutants --matrix --write` writes."""
    assert page(read_cells(RESULTS)) == DOCUMENT.read_text()


def test_a_row_tells_what_its_runs_came_to() -> None:
    """The range of times, what else was broken, and the calm run."""
    row = MATRIX[0]
    runs = [
        Cell(mutant=row.mutant, scenario=row.scenario, seed=seed, guarantee=row.guarantee, state="caught",
             broken=(row.guarantee, "no-gap"), shown_ns=seed * 1_500_000_000)
        for seed in (1, 2)
    ]  # fmt: skip
    calm = Cell(mutant=row.mutant, scenario="calm", seed=1, state="clean", acked_sends=1023)
    told = line_of(page([*runs, calm]), f"[{row.mutant}]")
    assert [row.guarantee, "1.5 to 3.0 s", "no-gap", "clean, 1,023 acked sends"] == told[3:]


def test_a_mutant_that_escaped_is_told() -> None:
    """And one that was not run is no catch either."""
    row = MATRIX[0]
    cell = Cell(mutant=row.mutant, scenario=row.scenario, seed=4, guarantee=row.guarantee, state="escaped")
    assert "**escaped** (seed 4)" == line_of(page([cell]), f"[{row.mutant}]")[3]
    assert "**not run yet**" == line_of(page([]), f"[{row.mutant}]")[3]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (healthy(20), "0 of 20 seeds raised an alarm: with 95 % confidence fewer than 14 % of seeds would"),
        (healthy(3, "false alarm"), "Of 3 seeds, 1 raised a false alarm (2)."),
        (healthy(1)[1:], "No seed was run through all of these scenarios yet."),
        (healthy(2, "no verdict"), "0 of 1 seeds raised an alarm: with 95 % confidence fewer than 95 % of seeds would"),
    ],
    ids=["none", "one", "half a seed", "no verdict"],
)
def test_the_bound_on_false_alarms(cells: list[Cell], said: str) -> None:
    """0 of 20 leaves room for 14 %; only seeds with a verdict in every short scenario count."""
    assert bound(cells).startswith(said)


@pytest.mark.parametrize("row", GENERATED, ids=lambda row: row.bug)
def test_a_bug_that_no_run_shows_is_killed_on_a_generated_history(row: Generated) -> None:
    """Its guarantee accuses the broken worked example, and not the clean one."""
    guarantee = GUARANTEES[row.guarantee]
    for story, is_accused in ((guarantee.story.broken, True), (guarantee.story.clean, False)):
        with history_of(story) as history, ready(history, guarantee) as sql:
            assert is_accused is bool(find(sql, guarantee))
