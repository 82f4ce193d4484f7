"""What a device has yet to say about what it showed: one marker per conversation in flight, the rest coalesced.

The plane sends receipts as recorded operations, not through `Session.mark`: guarantees about markers need to know
which value was asked for and which was acknowledged.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from chatproof.loadtests.personas import Persona

Marker = Literal["delivered", "read"]
_DELIVERED_SHARE = 3
"""Who reads late says what was delivered this many times as often as what was read."""
_HURRY_NS = 50_000_000
"""Between two receipts once the load is over."""


class Due(NamedTuple):
    """A receipt to send now."""

    conv: int
    marker: Marker
    seq: int


class _Conversation:
    __slots__ = ("due_ns", "in_flight", "said_delivered", "said_read", "seen", "turn")

    def __init__(self) -> None:
        self.seen = self.said_delivered = self.said_read = 0
        self.due_ns = 0
        self.in_flight = False
        self.turn = 0


class Receipts:
    """The markers of one device. A read marker says delivered too, so who reads at once sends nothing else.

    With `says` false nothing is ever due: the target has no receipts.

    Attributes:
        last_said_ns: when the last receipt was taken out to be sent.
    """

    def __init__(self, persona: Persona, *, says: bool = True) -> None:
        self._says = says
        self._marks_delivered = persona.marks_delivered
        turns = _DELIVERED_SHARE if persona.marks_delivered else 1
        self._interval_ns = round(persona.receipt_interval_s * 1e9) // turns
        self.last_said_ns = 0
        self._conversations: dict[int, _Conversation] = {}
        self._dirty: dict[int, _Conversation] = {}

    def showed(self, conv: int, seq: int) -> None:
        """The timeline showed an event."""
        if not self._says:
            return
        each = self._conversations.get(conv)
        if each is None:
            each = self._conversations[conv] = _Conversation()
        if seq > each.seen:
            each.seen = seq
            self._dirty[conv] = each

    def due(self, now_ns: int) -> list[Due]:
        """What to send now; each counts as in flight until `settled`."""
        if not self._dirty:
            return []
        ready = [(c, each) for c, each in self._dirty.items() if each.due_ns <= now_ns and not each.in_flight]
        return [self._take(conv, each, now_ns) for conv, each in ready]

    def settled(self, conv: int) -> None:
        """The receipt in flight has its outcome; a failed one is overtaken by the next."""
        each = self._conversations.get(conv)
        if each is not None:
            each.in_flight = False

    def hurry(self) -> None:
        """The load is over: say at once, and as read, what is still to be said."""
        self._marks_delivered = False
        self._interval_ns = _HURRY_NS
        for each in self._conversations.values():
            each.due_ns = 0

    def drop(self, conv: int) -> None:
        """The user was removed from the conversation: nothing is to be said there until something new is shown."""
        self._dirty.pop(conv, None)

    def said_read(self, conv: int) -> int:
        """The largest read marker sent so far."""
        each = self._conversations.get(conv)
        return 0 if each is None else each.said_read

    @property
    def is_idle(self) -> bool:
        """Nothing is to be said and nothing is in flight."""
        return not self._dirty and not any(each.in_flight for each in self._conversations.values())

    def _take(self, conv: int, each: _Conversation, now_ns: int) -> Due:
        self.last_said_ns = now_ns
        each.due_ns = now_ns + self._interval_ns
        each.in_flight = True
        each.turn += 1
        says_read = not self._marks_delivered or each.turn % _DELIVERED_SHARE == 0 or each.said_delivered == each.seen
        each.said_delivered = each.seen
        if says_read:
            each.said_read = each.seen
            del self._dirty[conv]
        return Due(conv, "read" if says_read else "delivered", each.seen)
