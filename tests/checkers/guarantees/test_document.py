"""docs/GUARANTEES.md is what the guarantees say."""

from __future__ import annotations

from pathlib import Path

from chatproof.checkers.guarantees.document import document
from chatproof.checkers.guarantees.registry import GUARANTEES

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "GUARANTEES.md"


def test_the_document_is_up_to_date() -> None:
    """It equals what `python -m chatproof.checkers.guarantees.document` writes."""
    assert document() == DOCUMENT.read_text()


def test_every_guarantee_has_its_worked_example() -> None:
    """Each has a section with both stories."""
    text = document()
    assert [] == [name for name in GUARANTEES if f"## {name}\n" not in text]
    assert 2 * len(GUARANTEES) == text.count("```\nmembers ")
