"""How records get from the host into the log; its own ones until they are in."""

from __future__ import annotations

from chatproof.reference_server.core import records
from chatproof.reference_server.core.records import Record
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.log import Log
from chatproof.reference_server.roles.conversations.partition import Partition
from chatproof.reference_server.roles.conversations.pending import Repeat


class Appending:
    """Encodes and appends; remembers what has to be appended again."""

    __slots__ = ("_clock", "_log", "_repeats")

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._repeats: list[Repeat] = []

    def append(self, partition: Partition, record: Record, token: object | None = None) -> None:
        """Append; when the commit fails, the token's owner is told."""
        partition.appended_ns = self._clock.monotonic_ns()
        self._log.append_nowait(partition.index, records.encode(record), token)

    def append_surely(self, partition: Partition, record: Record) -> None:
        """Append a record that must not be missing. It may reach the log twice: it has to be idempotent."""
        self.append(partition, record, Repeat(partition, record))

    def failed(self, repeat: Repeat) -> None:
        """Its commit failed: keep it for the next beat."""
        self._repeats.append(repeat)

    def repeat(self) -> None:
        """Append what failed again."""
        repeats, self._repeats = self._repeats, []
        for repeat in repeats:
            self.append(repeat.partition, repeat.record, repeat)
