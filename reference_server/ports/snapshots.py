"""Snapshots of a partition's fold, kept by (partition, offset, fold version). A corrupt one is never returned."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Snapshot(NamedTuple):
    """The canonical bytes of a state as of `offset`."""

    partition: int
    offset: int
    version: int
    data: bytes


class Snapshots(Protocol):
    """See the module's docstring."""

    async def put(self, snapshot: Snapshot) -> None:
        """Keep it durably. Raises OSError where that failed; earlier ones are then untouched."""
        ...

    async def latest(self, partition: int, version: int, upto: int) -> Snapshot | None:
        """The intact one of this fold version with the largest offset not above `upto`."""
        ...
