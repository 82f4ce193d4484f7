"""Counter-examples as files of a run directory: counterexamples/<guarantee>-<k>.svg, k from 1."""

from __future__ import annotations

from pathlib import Path

from chatproof.checkers.lanes import draw
from chatproof.checkers.results import Verdict
from chatproof.report.wording import broken

DIRECTORY = "counterexamples"


def picture_path(run_dir: Path, guarantee: str, number: int) -> Path:
    """Where the picture of a guarantee's counter-example is."""
    return run_dir / DIRECTORY / f"{guarantee}-{number}.svg"


def write_pictures(verdict: Verdict, run_dir: Path) -> None:
    """Draw every counter-example of a verdict; those of an earlier verdict on the same run are gone afterwards."""
    remove_pictures(run_dir)
    for result in broken(verdict):
        for number, violation in enumerate(result.violations, 1):
            path = picture_path(run_dir, result.name, number)
            path.parent.mkdir(exist_ok=True)
            path.write_text(draw(result.name, violation, verdict.faults, verdict.replay), encoding="utf-8")


def remove_pictures(run_dir: Path) -> None:
    """Take away what was drawn."""
    for picture in (run_dir / DIRECTORY).glob("*.svg"):
        picture.unlink()
