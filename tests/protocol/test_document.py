"""docs/PROTOCOL.md is what the types and tables say."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from chatproof.protocol import limits
from chatproof.protocol.document import protocol_document, type_text
from chatproof.protocol.errors import ERRORS, CloseCode
from chatproof.protocol.frames import COMMANDS, PUSHES

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"


def test_the_committed_document_agrees_with_the_types() -> None:
    """If this fails: `python -m chatproof.protocol.document > docs/PROTOCOL.md`."""
    assert protocol_document() == COMMITTED.read_text()


def test_nothing_is_left_out() -> None:
    """Every command, push, error and close code stands in it."""
    text = protocol_document()
    for name in (*COMMANDS, *PUSHES):
        assert f"### `{name}`" in text
    for code in ERRORS:
        assert f"| `{code}` |" in text
    for name in vars(limits):
        assert not name.isupper() or f"| `{name}` |" in text
    for name, code in vars(CloseCode).items():
        assert name.startswith("_") or f"| {code} |" in text


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (int, "integer"),
        (str | None, "string or null"),
        (tuple[bool, ...], "array of boolean"),
        (Literal["a", "b"], '`"a"` or `"b"`'),
        (Annotated[int, Meta(ge=1, le=9)], "integer (≥ 1, ≤ 9)"),
        (Annotated[str, Meta(min_length=2, max_length=3)], "string (at least 2, at most 3)"),
    ],
)
def test_types_are_said_in_words_of_json(hint: object, expected: str) -> None:
    """Optional, array, literal and bounded types."""
    assert expected == type_text(hint)
