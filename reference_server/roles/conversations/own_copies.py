"""Facts on their way into users' own streams, and the answers that wait until they have arrived."""

from __future__ import annotations

from chatproof.reference_server.core.commands import Answer
from chatproof.reference_server.core.records import OwnCopy
from chatproof.reference_server.roles.conversations.pending import UNKNOWN, PendingCommand

Waiter = tuple[PendingCommand, Answer]


class _OnTheWay:
    __slots__ = ("missing", "waiters")

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.waiters: list[Waiter] = []


class OwnCopies:
    """Keyed by (conversation, seq) of the event that made the facts."""

    __slots__ = ("_on_the_way",)

    def __init__(self) -> None:
        self._on_the_way: dict[tuple[str, int], _OnTheWay] = {}

    def expect(self, fact: OwnCopy) -> None:
        """The copy of this fact is being appended."""
        self._on_the_way.setdefault((fact.conv, fact.seq), _OnTheWay()).missing.add(fact.user)

    def wait(self, conv: str, seq: int, pending: PendingCommand, answer: Answer) -> bool:
        """Hold the answer back until all copies of (conv, seq) are folded; False when they are."""
        on_the_way = self._on_the_way.get((conv, seq))
        if on_the_way is None:
            return False
        on_the_way.waiters.append((pending, answer))
        return True

    def arrived(self, copy: OwnCopy) -> list[Waiter] | None:
        """An own stream has folded this copy. When it was the last one: the answers that waited, otherwise None."""
        key = (copy.conv, copy.seq)
        on_the_way = self._on_the_way.get(key)
        if on_the_way is None:
            return None
        on_the_way.missing.discard(copy.user)
        if on_the_way.missing:
            return None
        del self._on_the_way[key]
        return on_the_way.waiters

    def give_up(self) -> list[Waiter]:
        """A partition stopped, so that copies may never arrive: all who wait get an unknown outcome."""
        waiters = [(pending, UNKNOWN) for way in self._on_the_way.values() for pending, _ in way.waiters]
        for way in self._on_the_way.values():
            way.waiters.clear()
        return waiters

    def __len__(self) -> int:
        return len(self._on_the_way)
