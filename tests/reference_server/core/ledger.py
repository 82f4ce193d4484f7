"""A log in a list: appends records to one partition's fold, so that a test reads like a story."""

from __future__ import annotations

from chatproof.protocol.keys import uuid7
from chatproof.reference_server.core.commands import Answer, Appended, ChangeMembership, Create, Mark, SendMessage
from chatproof.reference_server.core.effects import Applied
from chatproof.reference_server.core.fold import apply
from chatproof.reference_server.core.records import (
    FOLD_VERSION,
    CommandRecord,
    FoldVersion,
    KeyedCommand,
    MarksRecord,
    Record,
)
from chatproof.reference_server.core.state import PartitionState

START_MS = 1_700_000_000_000
MS = 1_000_000
FOREVER_NS = 2**62


def key(n: int, time_ms: int = START_MS) -> str:
    """The n-th key of a moment."""
    return uuid7(time_ms, n)


class Ledger:
    """One partition, one millisecond between records."""

    def __init__(self) -> None:
        self.state = PartitionState()
        self.records: list[Record] = []
        self.append(FoldVersion(FOLD_VERSION))

    def append(self, record: Record, time_ms: int | None = None) -> Applied:
        """Fold one more record."""
        offset = len(self.records)
        self.records.append(record)
        return apply(self.state, record, offset, (START_MS + offset if time_ms is None else time_ms) * MS)

    def ask(self, command: KeyedCommand, not_after_ns: int = FOREVER_NS) -> Answer:
        """Fold a keyed command and give its answer."""
        return self.append(CommandRecord(command, not_after_ns)).answers[0]

    def seq_of(self, command: KeyedCommand) -> int:
        """Fold a keyed command that must be accepted, and give its seq."""
        outcome = self.ask(command).outcome
        assert isinstance(outcome, Appended), outcome
        return outcome.seq

    def mark(self, *marks: Mark) -> Applied:
        """Fold marks."""
        return self.append(MarksRecord(marks, FOREVER_NS))


def group(n: int, *members: str, conv: str = "g", is_open: bool = False) -> Create:
    """Create a group; the first member is the owner."""
    return Create(conv, members[0], key(n), "group", members, is_open)


def message(n: int, user: str, body: str = "hello", conv: str = "g") -> SendMessage:
    """Send a message with the n-th key."""
    return SendMessage(conv, user, "phone", key(n), body)


def join(n: int, user: str, target: str | None = None) -> ChangeMembership:
    """Join, or add another."""
    return ChangeMembership("g", user, target or user, key(n), "join")


def leave(n: int, user: str) -> ChangeMembership:
    """Leave."""
    return ChangeMembership("g", user, user, key(n), "leave")


def kick(n: int, user: str, target: str) -> ChangeMembership:
    """Remove another."""
    return ChangeMembership("g", user, target, key(n), "kick")
