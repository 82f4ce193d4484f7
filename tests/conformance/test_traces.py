"""Whether a text is in a frame, however JSON writes it down."""

import json

import pytest

from chatproof.conformance.traces import QUOTED, carries, quoted

TEXT = 'café "☂"'


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        json.dumps({"a": [{"text": TEXT}]}).encode(),
        json.dumps([f"{TEXT} and more"], ensure_ascii=False).encode(),
    ],
)
def test_a_text_is_found(data: bytes) -> None:
    """As it is, escaped, or as a part of another."""
    assert carries(data, TEXT)


@pytest.mark.parametrize("data", [b"", b"{", b"[1, null]", json.dumps({"text": TEXT.upper()}).encode()])
def test_another_text_is_not(data: bytes) -> None:
    """Nor is anything found in what is no JSON."""
    assert not carries(data, TEXT)


def test_a_long_frame_is_quoted_in_part() -> None:
    """A sentence stays one."""
    assert QUOTED + 3 == len(quoted(b"a" * 1000))
