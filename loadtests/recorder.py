"""Turns what a plane does and sees into rows of the history. All instants are ns since the run's origin.

Every method commits its row before it returns: what must stand in the history before bytes are written is recorded
before they are written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from chatproof.drivers.interface import (
    Answered,
    Arrived,
    HeadSeen,
    Item,
    MarkerSeen,
    Noticed,
    Operation,
    PageRead,
    PresenceSeen,
    ResumeStarted,
    Settled,
)
from chatproof.protocol.bodies import op_of

Transport = Literal["ws", "http"]
"""What an attempt is written to."""


class RowWriter(Protocol):
    """What the recorder needs of `checkers.history.segments.SegmentWriter`."""

    @property
    def last_rec(self) -> int:
        """The number of the last committed row."""
        ...

    def appender(self, name: str) -> Callable[..., int]:
        """A callable that commits one row and returns its number."""
        ...

    def watermark(self, t_ns: int) -> None:
        """Everything seen up to then is committed."""
        ...

    def close(self) -> None:
        """Finish."""
        ...


class Recorder:
    """One method per kind of row. Raises what the writer raises: a row that cannot be recorded ends the run."""

    def __init__(self, writer: RowWriter) -> None:
        self._writer = writer
        open_segment = writer.appender
        self._operation_begin = open_segment("operations.begin")
        self._operation_end = open_segment("operations.end")
        self._attempt_begin = open_segment("attempts.begin")
        self._attempt_end = open_segment("attempts.end")
        self._delivery = open_segment("deliveries")
        self._connection_begin = open_segment("connections.begin")
        self._connection_end = open_segment("connections.end")
        self._resume_begin = open_segment("resumes.begin")
        self._resume_end = open_segment("resumes.end")
        self._subscription_begin = open_segment("subscriptions.begin")
        self._subscription_end = open_segment("subscriptions.end")
        self._head = open_segment("heads")
        self._notice = open_segment("notices")
        self._membership_begin = open_segment("memberships.begin")
        self._membership_end = open_segment("memberships.end")
        self._read_begin = open_segment("reads.begin")
        self._read_end = open_segment("reads.end")
        self._read_item = open_segment("read_items")
        self._receipt = open_segment("receipts")
        self._presence_begin = open_segment("presence_truth.begin")
        self._presence_end = open_segment("presence_truth.end")
        self._presence_seen = open_segment("presence_seen")
        self._generator = open_segment("generator")

    @property
    def rows(self) -> int:
        """Rows recorded so far, over all tables."""
        return self._writer.last_rec

    def watermark(self, now_ns: int) -> None:
        """Everything seen up to `now_ns` is recorded."""
        self._writer.watermark(now_ns)

    def close(self) -> None:
        """Finish the history of this worker."""
        self._writer.close()

    # --- operations -------------------------------------------------------------------------------------------------

    def operation_begun(
        self, dev: int, operation: Operation, expect: str, body_hash: int | None, intended_ns: int, now_ns: int,
        phase: str,
    ) -> None:
        """An operation is handed to its session; nothing of it is written yet."""
        is_receipt = operation.kind == "receipt"
        self._operation_begin(
            operation.op, dev, operation.conv if operation.conv >= 0 else None, operation.kind, operation.u or None,
            body_hash, len(operation.body.encode()) if operation.kind == "send" else None,
            operation.seq if is_receipt else None, operation.marker if is_receipt else None, expect,
            intended_ns, now_ns, phase,
        )

    def operation_ended(self, settled: Settled, resolved_by: str, now_ns: int) -> None:
        """An operation has its final outcome."""
        self._operation_end(
            settled.op, now_ns, settled.outcome, resolved_by, settled.code or None,
            settled.epoch or None, settled.seq or None, settled.msg_id or None,
        )

    def attempt_begun(
        self, op: int, attempt: int, session: int, node: str, body_hash: int | None, now_ns: int,
        transport: Transport = "ws",
    ) -> None:
        """The bytes of an attempt are about to be written."""
        self._attempt_begin(op, attempt, session, transport, node, now_ns, body_hash)

    def attempt_ended(self, answer: Answered, now_ns: int) -> None:
        """An attempt was answered, or will not be."""
        self._attempt_end(
            answer.op, answer.attempt, now_ns, answer.outcome, answer.code or None, answer.definite,
            answer.epoch or None, answer.seq or None, answer.msg_id or None,
            answer.duplicate if answer.outcome == "ok" else None,
        )

    def membership_begun(self, conv: int, user: int, change: str, op: int, role: str, now_ns: int) -> None:
        """A change of membership is asked for."""
        self._membership_begin(conv, user, change, op, role, now_ns)

    def membership_ended(
        self, conv: int, user: int, op: int, seq: int | None, outcome: str, now_ns: int
    ) -> None:
        """A change of membership has its outcome; `seq` where it was acknowledged."""
        self._membership_end(conv, user, op, seq, None if seq is None else "ack", now_ns, outcome)

    # --- what a session saw -----------------------------------------------------------------------------------------

    def arrived(
        self, dev: int, session: int, item: Arrived, op: int | None, body_hash: int | None, content_ok: bool | None,
        now_ns: int,
    ) -> None:
        """A raw arrival, with what the check of its body said."""
        self._delivery(
            now_ns, dev, session, item.scope, item.view, item.frame, item.conv, item.epoch, item.seq,
            item.msg_id or None, item.event, op, None, None, body_hash, content_ok, None, item.via, item.shown,
            item.server_ts_ns,
        )

    def head_seen(self, dev: int, session: int, head: HeadSeen, now_ns: int) -> None:
        """The server said where a conversation ends."""
        self._head(now_ns, dev, session, head.conv, head.epoch, head.seq, head.source)

    def noticed(self, session: int, notice: Noticed, now_ns: int) -> None:
        """The server announced something."""
        is_gap = notice.kind == "gap"
        self._notice(
            now_ns, session, notice.conv if notice.conv >= 0 else None, notice.kind,
            notice.from_seq if is_gap else None, notice.to_seq if is_gap else None, notice.level or None,
        )

    def marker_seen(self, dev: int, session: int, marker: MarkerSeen, now_ns: int) -> None:
        """A member's markers arrived."""
        self._receipt(
            now_ns, dev, session, marker.conv, marker.user, None, marker.delivered, marker.read, marker.source, None
        )

    def presence_seen(self, dev: int, session: int, seen: PresenceSeen, now_ns: int) -> None:
        """A user's presence arrived."""
        self._presence_seen(
            now_ns, dev, session, seen.user, seen.state, seen.incarnation, seen.ver, seen.source
        )

    # --- links and streams ------------------------------------------------------------------------------------------

    def connecting(self, session: int, dev: int, link: str, previous: int | None, now_ns: int) -> None:
        """A connect is about to be tried."""
        self._connection_begin(session, dev, link, now_ns, previous, dev if previous is not None else None)

    def connection_ended(
        self, session: int, *, node: str | None, incarnation: int | None, hello_ok_ns: int | None,
        close_invoke_ns: int | None, close_by: str, close_code: int | None, close_kind: str, now_ns: int,
    ) -> None:
        """A link is gone, or never came up."""
        self._connection_end(
            session, node, incarnation, hello_ok_ns, None, close_invoke_ns, now_ns, close_by, close_code, close_kind
        )

    def resume_begun(self, session: int, resume: ResumeStarted, now_ns: int) -> None:
        """A stream is asked for from a cursor."""
        self._resume_begin(
            session, resume.conv, resume.from_seq, resume.epoch, resume.own_contiguous_seq, now_ns
        )

    def resume_ended(
        self, session: int, conv: int, *, frontier_seq: int | None, upto_seq: int | None, outcome: str, reason: str,
        live_ns: int | None,
    ) -> None:
        """A resume is live, was refused or aborted; `live_rec` is the last row before this one."""
        self._resume_end(
            session, conv, frontier_seq, live_ns, None if live_ns is None else self._writer.last_rec, upto_seq,
            outcome, reason or None, None,
        )

    def subscribed(self, dev: int, session: int, conv: int, now_ns: int) -> int:
        """The server accepted a subscription: the number of the row."""
        return self._subscription_begin(dev, session, conv, now_ns, "live")

    def unsubscribed(self, session: int, conv: int, from_rec: int, now_ns: int) -> None:
        """A subscription ended."""
        self._subscription_end(session, conv, from_rec, now_ns)

    # --- reads ------------------------------------------------------------------------------------------------------

    def read_begun(
        self, read: int, walk: int, dev: int, session: int, purpose: str, conv: int, direction: str, limit: int,
        after: int, now_ns: int,
    ) -> None:
        """A history page is asked for."""
        self._read_begin(
            read, walk, dev, session, "history", purpose, conv, None, direction, limit, str(after), None, now_ns
        )

    def read_ended(self, read: int, page: PageRead, now_ns: int) -> None:
        """A page came, or will not come."""
        seqs = [item.seq for item in page.items]
        self._read_end(
            read, now_ns, page.outcome, page.code or None, min(seqs, default=None), max(seqs, default=None),
            page.complete if page.outcome == "ok" else None, None,
        )

    def read_item(self, read: int, at: int, conv: int, item: Item, body_hash: int | None) -> None:
        """One event of a page."""
        self._read_item(
            read, at, conv, item.epoch, item.seq, item.msg_id or None, item.event,
            op_of(item.body) if item.event == "message" else None, None, None, body_hash, False, None,
            item.server_ts_ns,
        )

    # --- truth and health -------------------------------------------------------------------------------------------

    def presence_began(
        self, change: int, user: int, dev: int, state: str, cause: str, op: int | None, now_ns: int
    ) -> None:
        """From now on the device is in this state."""
        self._presence_begin(change, user, dev, state, now_ns, cause, None, op)

    def presence_ended(self, change: int, now_ns: int) -> None:
        """The state that `change` began is over."""
        self._presence_end(change, now_ns)

    def health(
        self, *, t_ns: int, intended: int, started: int, lag_ns: tuple[int, int, int], stall_max_ns: int,
        cpu_pct: float, rss_bytes: int, backlog: int,
    ) -> None:
        """One second of the generator; `lag_ns` is p50, p99 and largest."""
        self._generator(
            t_ns, intended, started, *lag_ns, stall_max_ns, cpu_pct, rss_bytes, backlog, self._writer.last_rec
        )
