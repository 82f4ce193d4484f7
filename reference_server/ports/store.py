"""The store: a view of the log that pages are read from. Idempotent upserts by (stream, seq), watermarks per partition.

A view never claims more than its watermark: everything up to it is in the store, and may be read from there.

    Exception
    └── StoreError     the store cannot be opened or read
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from chatproof.protocol.frames import Event


class StoreError(Exception):
    """The store cannot be opened or read; the message is one sentence for a person."""


class EventRow(NamedTuple):
    """One event of the stream `key`."""

    key: str
    event: Event


class ConversationRow(NamedTuple):
    """A conversation as of its event `seq`; an older row never replaces a newer one."""

    conv: str
    kind: str
    members: Sequence[str]
    seq: int


class MarkerRow(NamedTuple):
    """A member's markers; lower values never replace higher ones."""

    conv: str
    user: str
    delivered: int
    read: int


class StoreBatch(NamedTuple):
    """What one group commit of the log means to the store.

    Attributes:
        watermarks: partition → offset up to which everything is in this batch or an earlier one.
    """

    events: Sequence[EventRow]
    conversations: Sequence[ConversationRow]
    markers: Sequence[MarkerRow]
    watermarks: Mapping[int, int]


class Store(Protocol):
    """See the module's docstring. All methods are called on the node's event loop."""

    def on_passed(self, passed: Callable[[Mapping[int, int]], None]) -> None:
        """Tell this callback, on the loop, of watermarks that rose."""
        ...

    async def watermarks(self) -> Mapping[int, int]:
        """Partition → offset up to which the store has everything; absent: nothing."""
        ...

    def put_nowait(self, batch: StoreBatch) -> None:
        """Queue a batch; batches are written in order, several in one transaction. A failed write is tried again."""
        ...

    async def events(self, key: str, first: int, last: int) -> Sequence[Event]:
        """Those of the events with first <= seq <= last that are written, ascending. Raises `StoreError`."""
        ...

    async def drained(self) -> None:
        """Return when everything put so far is written. Raises `StoreError` when it cannot be."""
        ...

    async def close(self) -> None:
        """Release the store. What was not drained is lost, and will be rebuilt from the log."""
        ...
