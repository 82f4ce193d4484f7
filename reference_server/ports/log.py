"""The log: durable before readable, one order per partition, tail from an offset, an append time that never goes back.

    Exception
    └── LogError       the log cannot be opened or read: in use, torn, full, or of another shape
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class LogError(Exception):
    """The log cannot be opened or read; the message is one sentence for a person."""


class Committed(NamedTuple):
    """Neighbouring durable records of one partition.

    Attributes:
        first_offset: of the first record; offsets are contiguous from 0.
        time_ns: Unix append time of all of them, never smaller than that of an earlier record.
        records: the bytes that were appended.
        tokens: per record what this node's `append_nowait` was given; None for records of another node or life.
    """

    partition: int
    first_offset: int
    time_ns: int
    records: Sequence[bytes]
    tokens: Sequence[object | None]


class LogReader(Protocol):
    """Who is told of records, on the node's event loop."""

    def committed(self, blocks: Sequence[Committed]) -> None:
        """These are durable now: one group commit, each partition's blocks in order of offset."""
        ...

    def failed(self, tokens: Sequence[object | None]) -> None:
        """Whether the records appended with these tokens are in the log is not known."""
        ...


class Log(Protocol):
    """See the module's docstring. All methods are called on the node's event loop."""

    @property
    def partitions(self) -> int:
        """How many there are: fixed when the log was made."""
        ...

    def tail(self, reader: LogReader) -> None:
        """From now on tell this reader of everything committed. Called once, before the first append."""
        ...

    def append_nowait(self, partition: int, record: bytes, token: object | None = None) -> None:
        """Queue a record for the next group commit; the reader hears of it with its token."""
        ...

    async def read(self, partition: int, from_offset: int, limit: int) -> Sequence[Committed]:
        """Durable records from this offset on, about `limit` of them; empty at the end. Raises `LogError`."""
        ...

    async def drained(self) -> None:
        """Return when everything appended so far, and by the reader meanwhile, is committed or failed."""
        ...

    async def close(self) -> None:
        """Drain, then release the log. Nothing may be appended any more."""
        ...
