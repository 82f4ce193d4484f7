"""Recordings that travel: what arrives is what was recorded, wherever it is cut."""

from pathlib import Path

import pytest

from chatproof.loadtests import locust_recordings
from chatproof.loadtests.locust_recordings import parts, take_part


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16, 25])
def test_every_file_arrives_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Empty ones too, and also where one of that name is there already."""
    monkeypatch.setattr(locust_recordings, "PART_BYTES", 8)
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (here / "heads.1.segment").write_bytes(bytes(range(size)))
    (there / "heads.1.segment").write_bytes(b"something else that is longer than that")
    for part in parts(here):
        take_part(there, **part)  # type: ignore[arg-type]
    assert bytes(range(size)) == (there / "heads.1.segment").read_bytes()


@pytest.mark.parametrize("name", ["../plan.json", "a/b", "..", ""])
def test_a_part_cannot_be_written_elsewhere(tmp_path: Path, name: str) -> None:
    """Whoever sends it."""
    with pytest.raises(ValueError, match="no name of a segment"):
        take_part(tmp_path, name, 0, b"")
