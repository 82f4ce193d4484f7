"""docs/HISTORY.md says what the code says."""

from __future__ import annotations

from pathlib import Path

from chatproof.checkers.history.document import document
from chatproof.checkers.history.tables import TABLES
from chatproof.checkers.history.vocabulary import BOUNDS, CLAIMS, ENUMERATIONS

DOCUMENT = Path(__file__).parents[3] / "docs/HISTORY.md"


def test_the_committed_document_is_the_generated_one() -> None:
    """A changed table or word is a changed document, in the same commit."""
    assert document() == DOCUMENT.read_text("utf-8")


def test_every_table_word_claim_and_bound_is_documented() -> None:
    """Nothing that a foreign writer may need is missing."""
    text = document()
    columns = [name for table in TABLES.values() for name in table.column_names]
    assert [] == [name for name in (*TABLES, *columns, *ENUMERATIONS, *CLAIMS, *BOUNDS) if name not in text]


def test_every_enumeration_is_used() -> None:
    """A word list that no column uses is a leftover."""
    used = {column.values for table in TABLES.values() for column in table.columns} - {""}
    assert used == set(ENUMERATIONS)
