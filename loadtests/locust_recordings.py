"""Recordings of workers that do not see the run directory: sent to the master in parts once their plane is over."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

PART_BYTES = 1 << 20
"""Of a file, before compression; segments are fixed-width, so that they shrink to a fraction."""


def parts(segments: Path) -> Iterator[dict[str, object]]:
    """The files of a directory in parts, each the arguments of one `take_part`."""
    for path in sorted(segments.iterdir()):
        with path.open("rb") as file:
            for at in range(0, max(1, path.stat().st_size), PART_BYTES):
                yield {"name": path.name, "at": at, "data": zlib.compress(file.read(PART_BYTES), 1)}


def take_part(segments: Path, name: str, at: int, data: bytes) -> None:
    """Write a part where it belongs. Raises `ValueError` for a name that would lead elsewhere."""
    if name in ("", ".", "..") or "/" in name:
        raise ValueError(f"{name!r} is no name of a segment")
    with (segments / name).open("r+b" if at else "wb") as file:
        file.seek(at)
        file.write(zlib.decompress(data))
