"""The operations of a device: queued, written as numbered attempts, retried with the same bytes, and settled honestly.

The rules, in the order in which they apply to an answer:

| answer | attempt | operation |
|---|---|---|
| ok | ok | ok, by `ack` at the first attempt, else by `retry` |
| error, retry same_key or after_hello | fail if definite, else unknown | stays, is tried again |
| error, definite, no retry | fail | fail if every attempt failed definitely, else unknown |
| none: link lost, or 5 s passed | unknown | stays, is tried again |
| none until its time is over | unknown if open | fail if every attempt failed definitely, else unknown |

So a definite error on a retry settles nothing about an earlier unknown attempt. Outlives links; knows none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from chatproof.protocol import client_limits
from chatproof.protocol.backoff import Backoff
from chatproof.protocol.codec import encode_tail
from chatproof.protocol.errors import ERRORS, Meaning, Retry
from chatproof.protocol.facts import Concluded, Fact, OperationReply, Replied

_NEVER_NS = 1 << 63
_INDEFINITE = Meaning("A code that the table does not have.", False, Retry.SAME_KEY, 500)


def meaning_of(code: str) -> Meaning:
    """The row of the error table; a code that is not in it is indefinite, and may be asked again."""
    return ERRORS.get(code, _INDEFINITE)


class Entry:
    """One operation on its way.

    Attributes:
        command: what is asked, a Struct of `frames`; `tail` its bytes.
        attempts: how often it was written, over all times it was asked.
        doubtful: some attempt may have had an effect, so that it can not `fail` any more.
        open: an attempt is written and not answered.
    """

    __slots__ = (
        "attempts", "backoff", "code", "command", "doubtful", "due_ns", "give_up_ns", "op", "open", "order", "tail",
    )

    def __init__(self, op: int, command: msgspec.Struct, tail: bytes, order: int, due_ns: int, give_up_ns: int) -> None:
        self.op = op
        self.command = command
        self.tail = tail
        self.order = order
        self.due_ns = due_ns
        self.give_up_ns = give_up_ns
        self.attempts = 0
        self.doubtful = False
        self.open = False
        self.code = ""
        self.backoff: Backoff | None = None


class Outbox:
    """A bounded set of operations. `add` and the events of attempts go in, facts come out.

    `encode` makes the bytes of a command, for a client of another protocol.
    """

    def __init__(self, seed: int, encode: Callable[[msgspec.Struct], bytes] = encode_tail) -> None:
        self._seed = seed
        self._encode = encode
        self._entries: dict[int, Entry] = {}
        self._past: dict[int, tuple[int, bool]] = {}
        self._unresolved: dict[int, tuple[int, bool]] = {}
        self._order = 0
        self._next_give_up_ns = _NEVER_NS

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, op: int, command: msgspec.Struct, now_ns: int, give_up_ns: int) -> bool:
        """Queue an operation; False at a bound. One that was asked before goes on counting its attempts.

        Raises `WireError` (too_large) where no frame can hold the command.
        """
        if op in self._entries:
            return True
        if len(self._entries) >= client_limits.OUTBOX_OPERATIONS or self._is_full_of_unknown(op):
            return False
        self._order += 1
        entry = Entry(op, command, self._encode(command), self._order, now_ns, give_up_ns)
        past = self._past.pop(op, (0, False))
        entry.attempts, entry.doubtful = self._unresolved.pop(op, past)
        self._entries[op] = entry
        self._next_give_up_ns = min(self._next_give_up_ns, give_up_ns)
        return True

    def entry(self, op: int) -> Entry | None:
        """An operation that is on its way."""
        return self._entries.get(op)

    def due(self, now_ns: int) -> Sequence[Entry]:
        """What should be written now, in the order in which it was queued."""
        ready = [entry for entry in self._entries.values() if not entry.open and entry.due_ns <= now_ns]
        return sorted(ready, key=_order_of) if len(ready) > 1 else ready

    def written(self, entry: Entry) -> int:
        """An attempt is about to be written: its number."""
        entry.attempts += 1
        entry.open = True
        return entry.attempts

    def accepted(self, op: int, attempt: int, reply: OperationReply, *, was_open: bool) -> list[Fact]:
        """Ok came: maybe for an operation that has ended, or (not `was_open`) an attempt that was called unknown."""
        facts: list[Fact] = [Replied(op, attempt, "ok", "", False, reply)] if was_open else []
        entry = self._entries.get(op)
        if entry is not None:
            facts.append(self._conclude(entry, "ok", "", reply, by="ack" if attempt == 1 else "retry"))
        return facts

    def refused(
        self, op: int, attempt: int, code: str, retry_after_ns: int, now_ns: int, meaning: Meaning | None = None
    ) -> list[Fact]:
        """An error came for an open attempt; `meaning` where it is not that of this protocol's table."""
        meaning = meaning or meaning_of(code)
        outcome: Replied = Replied(op, attempt, "fail" if meaning.definite else "unknown", code, meaning.definite, None)
        entry = self._entries.get(op)
        if entry is None or entry.attempts != attempt:
            return [outcome]
        entry.open = False
        entry.code = code
        entry.doubtful |= not meaning.definite
        if meaning.definite and meaning.retry is Retry.NO:
            return [outcome, self._give_in(entry)]
        entry.due_ns = self._retry_at(entry, meaning, retry_after_ns, now_ns)
        return [outcome]

    def lost(self, op: int, attempt: int, code: str, now_ns: int, *, backs_off: bool) -> list[Fact]:
        """An open attempt will not be answered: it is unknown, and due again (after a while where it `backs_off`)."""
        entry = self._entries.get(op)
        if entry is not None and entry.attempts == attempt:
            entry.open = False
            entry.doubtful = True
            entry.code = code
            entry.due_ns = now_ns + self._wait_ns(entry) if backs_off else now_ns
        return [Replied(op, attempt, "unknown", code, False, None)]

    def reopened(self, now_ns: int) -> None:
        """A new session was accepted: what waited for one, or for a server that is gone, is due."""
        for entry in self._entries.values():
            entry.due_ns = min(entry.due_ns, now_ns)
            entry.backoff = None

    def overdue(self, now_ns: int) -> Sequence[Entry]:
        """Operations whose time is over; the caller closes their open attempts with `lost`, then calls `give_up`."""
        if now_ns < self._next_give_up_ns:
            return ()
        later = [entry.give_up_ns for entry in self._entries.values() if entry.give_up_ns > now_ns]
        self._next_give_up_ns = min(later, default=_NEVER_NS)
        return [entry for entry in self._entries.values() if entry.give_up_ns <= now_ns]

    def give_up(self, entry: Entry) -> Fact:
        """End an operation whose time is over."""
        if entry.attempts == 0:
            entry.code = "never_sent"
        elif entry.doubtful:
            entry.code = "gave_up"
        return self._give_in(entry)

    def _give_in(self, entry: Entry) -> Fact:
        """End without an ok: fail only where no attempt can have had an effect."""
        return self._conclude(entry, "unknown" if entry.doubtful else "fail", entry.code, None, by="none")

    def _conclude(self, entry: Entry, outcome: str, code: str, reply: OperationReply | None, *, by: str) -> Fact:
        """Take the operation out, and remember how far its attempts have counted."""
        del self._entries[entry.op]
        if outcome == "unknown":
            self._unresolved[entry.op] = (entry.attempts, True)
        else:
            self._past[entry.op] = (entry.attempts, entry.doubtful or outcome == "ok")
            if len(self._past) > client_limits.REMEMBERED_OPERATIONS:
                del self._past[next(iter(self._past))]
        return Concluded(entry.op, outcome, code, by, reply)  # type: ignore[arg-type]

    def _is_full_of_unknown(self, op: int) -> bool:
        """Whether one more operation could end unknown with no room to remember it."""
        return op not in self._unresolved and len(self._unresolved) >= client_limits.UNRESOLVED_OPERATIONS

    def _retry_at(self, entry: Entry, meaning: Meaning, retry_after_ns: int, now_ns: int) -> int:
        """When a refused operation is due again; one that needs a new hello waits for `reopened`."""
        if meaning.retry is Retry.AFTER_HELLO:
            return _NEVER_NS
        return now_ns + max(retry_after_ns, self._wait_ns(entry))

    def _wait_ns(self, entry: Entry) -> int:
        """The next wait in this operation's own row of failures."""
        if entry.backoff is None:
            entry.backoff = Backoff(
                self._seed ^ entry.op, floor_ns=0,
                first_ns=client_limits.RETRY_FIRST_NS, cap_ns=client_limits.RETRY_CAP_NS,
            )
        return entry.backoff.next_ns()


def _order_of(entry: Entry) -> int:
    """The place of an operation in the queue."""
    return entry.order
