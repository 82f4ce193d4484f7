"""What a device shows of one room whose ids only grow: each message once, whatever comes how often."""

from __future__ import annotations

from bisect import bisect_left

REMEMBERED = 8_192
"""Ids of one room that are told apart; what is older than all of them counts as shown: it was, or came far too late."""

OVERLAP = 50
"""How many of the newest messages a device asks for again after a reconnect: one that was under way when the link was
lost may stand before another one that came."""


class PlainTimeline:
    """The ids that were shown, ascending. `top`: the largest; 0 while there is none."""

    __slots__ = ("_floor", "_ids")

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._floor = 0

    @property
    def top(self) -> int:
        """The largest id that was shown."""
        return self._ids[-1] if self._ids else 0

    @property
    def reload_after(self) -> int:
        """From where a device asks after a reconnect."""
        return self._ids[-OVERLAP] if len(self._ids) >= OVERLAP else 0

    def show(self, message: int) -> bool:
        """Whether a message is shown now, for the first time."""
        if message > self.top:
            self._ids.append(message)
            if len(self._ids) > 2 * REMEMBERED:
                self._floor = self._ids[REMEMBERED]
                del self._ids[: REMEMBERED + 1]
            return True
        at = bisect_left(self._ids, message)
        if message <= self._floor or self._ids[at] == message:
            return False
        self._ids.insert(at, message)
        return True
