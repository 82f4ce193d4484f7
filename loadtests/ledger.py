"""The operations of one plane: what was begun, what became of it, and who waits for it to take effect.

An operation's end is recorded once: as soon as it is ok or fail; one that ended unknown stays open until the resolve
phase asked for it again, and is written as unknown only when that brought nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from chatproof.drivers.interface import Answered, Operation, Settled
from chatproof.loadtests.histograms import LatencyHistogram
from chatproof.loadtests.recorder import Recorder, Transport
from chatproof.protocol.bodies import body_hash

Waiter = Callable[[int], None]
"""Called with the instant at which an operation took effect."""
_CHANGES = {"join": "join", "leave": "leave", "kick": "kick"}


class Entry:
    """One operation. `state`: open, ok, fail or unknown; `retried`: it was asked again after its end was written."""

    __slots__ = ("body_hash", "dev", "expect", "intended_ns", "operation", "state", "user")

    def __init__(self, operation: Operation, dev: int, user: int, expect: str, intended_ns: int) -> None:
        self.operation = operation
        self.dev = dev
        self.user = user
        self.expect = expect
        self.intended_ns = intended_ns
        self.body_hash = body_hash(operation.body) if operation.kind == "send" else None
        self.state = "open"


class Ledger:
    """Operations by id; sends stay for the whole run, because a later action may try them again.

    Attributes:
        sends: sends that were begun; `ended`: outcome → sends that have it for good.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._entries: dict[int, Entry] = {}
        self._waiters: dict[int, list[Waiter]] = {}
        self.unknown: dict[int, Entry] = {}
        self._sighted: dict[int, None] = {}
        self.sends = 0
        self.ended = {"ok": 0, "fail": 0, "unknown": 0}
        self.acks = LatencyHistogram("WS", "send → ack")
        self.others = LatencyHistogram("WS", "receipt, presence, membership → ack")

    def begin(
        self, operation: Operation, *, dev: int, user: int, expect: str, intended_ns: int, now_ns: int, phase: str
    ) -> None:
        """Record that an operation begins; call it before any byte of it can be written."""
        entry = Entry(operation, dev, user, expect, intended_ns)
        self._entries[operation.op] = entry
        self._recorder.operation_begun(dev, operation, expect, entry.body_hash, intended_ns, now_ns, phase)
        self.sends += operation.kind == "send"
        if operation.kind in _CHANGES:
            affected = operation.user if operation.user >= 0 else user
            self._recorder.membership_begun(
                operation.conv, affected, _CHANGES[operation.kind], operation.op, "member", now_ns
            )

    def attempting(
        self, op: int, attempt: int, session: int, node: str, now_ns: int, transport: Transport = "ws"
    ) -> None:
        """Record that the bytes of an attempt are about to be written."""
        self._recorder.attempt_begun(op, attempt, session, node, self._entries[op].body_hash, now_ns, transport)

    def answered(self, answer: Answered, now_ns: int) -> None:
        """Record the answer to an attempt."""
        self._recorder.attempt_ended(answer, now_ns)

    def settled(self, settled: Settled, now_ns: int) -> Entry | None:
        """An operation ended: its entry if that is news, None where its end stands already."""
        entry = self._entries.get(settled.op)
        if entry is None or entry.state in ("ok", "fail"):
            return None
        was_unknown, entry.state = entry.state == "unknown", settled.outcome
        if settled.outcome == "unknown":
            self.unknown[settled.op] = entry
            return entry
        self.unknown.pop(settled.op, None)
        self._finish(entry, settled, "retry" if was_unknown and settled.outcome == "ok" else settled.by, now_ns)
        self._run_waiters(entry, now_ns)
        return entry

    def when_effective(self, op: int, waiter: Waiter, now_ns: int) -> None:
        """Call `waiter` once the operation is ok: at once if it is, never if it fails or was never begun."""
        entry = self._entries.get(op)
        if entry is not None and entry.state == "ok":
            waiter(now_ns)
        elif entry is None or entry.state in ("open", "unknown"):
            self._waiters.setdefault(op, []).append(waiter)

    def operation(self, op: int) -> Operation:
        """The operation as it was begun, to be asked again."""
        return self._entries[op].operation

    def sighted(self, op: int) -> None:
        """An arrival shows that an operation took effect; only matters while it is unknown."""
        self._sighted[op] = None

    def conclude(self, now_ns: int) -> int:
        """Write what is still unknown: by sighting where one was seen. Returns how many stay unknown."""
        left = 0
        for op, entry in self.unknown.items():
            is_sighted = op in self._sighted
            left += not is_sighted
            outcome = "ok" if is_sighted else "unknown"
            by = "sighting" if is_sighted else "none"
            self._finish(entry, Settled(op, outcome, "", "none", 0, 0, 0), by, now_ns)  # type: ignore[arg-type]
        self.unknown.clear()
        return left

    def _finish(self, entry: Entry, settled: Settled, resolved_by: str, now_ns: int) -> None:
        """Write the end, and count it."""
        self._recorder.operation_ended(settled, resolved_by, now_ns)
        operation = entry.operation
        if operation.kind in _CHANGES:
            affected = operation.user if operation.user >= 0 else entry.user
            seq = settled.seq if settled.outcome == "ok" and settled.seq else None
            self._recorder.membership_ended(operation.conv, affected, operation.op, seq, settled.outcome, now_ns)
        self._count(entry, settled, now_ns)
        if operation.kind in ("receipt", "presence"):
            del self._entries[operation.op]

    def _count(self, entry: Entry, settled: Settled, now_ns: int) -> None:
        is_send = entry.operation.kind == "send"
        histogram = self.acks if is_send else self.others
        self.ended[settled.outcome] += is_send
        if settled.outcome == "ok":
            histogram.add(now_ns - entry.intended_ns)
        elif entry.expect == "ok":
            histogram.fail()

    def _run_waiters(self, entry: Entry, now_ns: int) -> None:
        waiters = self._waiters.pop(entry.operation.op, ())
        if entry.state == "ok":
            for waiter in waiters:
                waiter(now_ns)
