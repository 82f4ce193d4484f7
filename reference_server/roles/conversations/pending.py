"""What this node appended and waits for: the tokens that the log hands back with the committed record."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatproof.reference_server.core.commands import Answer, Mark, Refused
from chatproof.reference_server.core.records import KeyedCommand, Record
from chatproof.reference_server.roles.conversations.partition import Partition

Done = Callable[[Answer], None]
UNKNOWN = Answer(Refused("unknown_outcome"))


class PendingCommand:
    """A keyed command, and who waits for its answer."""

    __slots__ = ("_done", "_others", "command")

    def __init__(self, command: KeyedCommand, done: Done) -> None:
        self.command = command
        self._done = done
        self._others: list[Done] = []

    def also(self, done: Done) -> None:
        """A retry of the same command waits for the same answer."""
        self._others.append(done)

    def answer(self, answer: Answer) -> None:
        """Tell everyone."""
        self._done(answer)
        for done in self._others:
            done(answer)


class PendingMark:
    """Marks of one (conversation, user, device), merged, and who waits for their answer."""

    __slots__ = ("_waiting", "mark")

    def __init__(self, mark: Mark, done: Done) -> None:
        self.mark = mark
        self._waiting = [done]

    def merge(self, mark: Mark, done: Done) -> None:
        """Registers only rise, so the largest of each says it all."""
        mine = self.mark
        advance = max((mine.advance_epoch, mine.advance_seq), (mark.advance_epoch, mark.advance_seq))
        self.mark = Mark(
            mine.conv, mine.user, mine.device, max(mine.delivered, mark.delivered), max(mine.read, mark.read), *advance
        )
        self._waiting.append(done)

    def answer(self, answer: Answer) -> None:
        """Tell everyone."""
        for done in self._waiting:
            done(answer)


class PendingMarks:
    """The marks of one record, in its order."""

    __slots__ = ("marks",)

    def __init__(self, marks: Sequence[PendingMark]) -> None:
        self.marks = marks


class Repeat:
    """A record of the host's own that must reach the log: appended again when a commit failed."""

    __slots__ = ("partition", "record")

    def __init__(self, partition: Partition, record: Record) -> None:
        self.partition = partition
        self.record = record
