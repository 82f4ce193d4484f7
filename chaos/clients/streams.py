"""The conversations that a device follows: subscribed or resumed in every session, shown by its own timelines."""

from __future__ import annotations

from collections.abc import Mapping

from chatproof.chaos.clients import wire
from chatproof.chaos.clients.recording import Recording, Row, body_of, hash_of, op_of
from chatproof.chaos.clients.session import Session
from chatproof.chaos.clients.timeline import Timeline
from chatproof.chaos.clients.wire import Event, Gap, Heads, Live, Position, Reply, Said


class _Stream:
    """One conversation: its timeline over all sessions, and where it stands in the session that is."""

    def __init__(self, conv: int, name: str) -> None:
        self.conv = conv
        self.name = name
        self.timeline = Timeline()
        self.head = Position(0, 0)
        self.is_live = False
        self.subscription: Row | None = None
        self.resume: Row | None = None


class Streams:
    """All conversations of one device."""

    def __init__(self, dev: int, conversations: Mapping[int, str], recording: Recording) -> None:
        self._dev = dev
        self._recording = recording
        self._streams = {conv: _Stream(conv, name) for conv, name in conversations.items()}
        self._by_name = {stream.name: stream for stream in self._streams.values()}

    def timeline(self, conv: int) -> Timeline:
        """What the device has of a conversation."""
        return self._streams[conv].timeline

    def all_live(self) -> bool:
        """Whether every stream is live in the session that is."""
        return all(stream.is_live for stream in self._streams.values())

    def missing(self) -> dict[int, int]:
        """Conversations of which something is missing below what is known to exist, each with the seq before it."""
        return {
            stream.conv: stream.timeline.contiguous
            for stream in self._streams.values()
            if stream.is_live and stream.timeline.contiguous < max(stream.timeline.highest, self._head_of(stream))
        }

    async def follow(self, session: Session, conv: int) -> None:
        """Subscribe, from the cursor where there is one; what cannot be resumed is followed from its head, and read."""
        stream = self._streams[conv]
        at = stream.timeline.position
        if at is None:
            await self._subscribe(session, stream, None)
            return
        stream.resume = self._recording.add(
            "resumes", self._dev, session=session.number, conv=conv, from_seq=at.seq, epoch=at.epoch,
            own_contiguous_seq=at.seq, invoke_ns=self._recording.elapsed_ns(),
        )
        await self._subscribe(session, stream, at)
        if stream.resume is not None and stream.resume.get("outcome") == "refused":
            await self._subscribe(session, stream, None)

    async def _subscribe(self, session: Session, stream: _Stream, at: Position | None) -> None:
        fields = {"stream": stream.name, "cursor": None if at is None else wire.cursor(at)}
        await session.ask("sub", fields, lambda reply: self._subscribed(session, stream, reply, resumes=at is not None))

    def hear(self, session: Session, said: Said) -> None:
        """A push about a stream."""
        match said:
            case Event() if stream := self._by_name.get(said.stream):
                self.arrived(session, stream.conv, said, "live" if stream.is_live else "resume")
            case Live() if stream := self._by_name.get(said.stream):
                self._went_live(stream, said.at)
            case Gap() if stream := self._by_name.get(said.stream):
                self._told_gap(session, stream, said)
            case Heads():
                self.heads(session, said, "push")
            case _:
                return

    def heads(self, session: Session, said: Heads, source: str) -> None:
        """Where the server says that streams end."""
        for name, at in said.heads.items():
            if stream := self._by_name.get(name):
                self._know_head(session, stream, at, source)

    def arrived(self, session: Session, conv: int, event: Event, via: str) -> None:
        """An event came, by whatever way: record it as it came, with what the timeline did with it."""
        timeline, is_message = self._streams[conv].timeline, event.kind == "message"
        op = op_of(event.body) if is_message else None
        is_own = op is not None and op >> 32 == self._dev
        sent = self._recording.bodies.get(op) if op is not None else None
        self._recording.add(
            "deliveries", self._dev, t_ns=self._recording.elapsed_ns(), dev=self._dev, session=session.number,
            scope="conv", view=timeline.view, frame=session.frames, conv=conv, epoch=event.at.epoch, seq=event.at.seq,
            msg_id=event.msg_id or None, event=event.kind, op=op,
            body_hash=hash_of(event.body) if is_message else None,
            content_ok=event.body == sent if is_message else None, via=via,
            shown=timeline.show(event.at, op if is_own else None), server_ts_ns=event.ts_ns,
        )

    def acknowledged(self, session: Session, conv: int, op: int, at: Position, msg_id: int) -> None:
        """An ack is a sighting of the own message."""
        timeline = self._streams[conv].timeline
        self._recording.add(
            "deliveries", self._dev, t_ns=self._recording.elapsed_ns(), dev=self._dev, session=session.number,
            scope="conv", view=timeline.view, frame=session.frames, conv=conv, epoch=at.epoch, seq=at.seq,
            msg_id=msg_id, event="message", op=op, body_hash=hash_of(body_of(op)), via="ack",
            shown=timeline.show(at, op),
        )

    def lost(self) -> None:
        """The session is over: nothing is live, and a resume that was under way came to nothing."""
        now_ns = self._recording.elapsed_ns()
        for stream in self._streams.values():
            stream.is_live = False
            if stream.subscription is not None:
                stream.subscription |= {"to_ns": now_ns, "to_rec": self._recording.next_rec()}
            if stream.resume is not None and stream.resume.get("live_ns") is None:
                stream.resume.setdefault("outcome", "aborted")
            stream.subscription = stream.resume = None

    def _subscribed(self, session: Session, stream: _Stream, reply: Reply, *, resumes: bool) -> None:
        """The answer to a subscription: the frontier, and whether the cursor was recovered."""
        if reply.refused is not None:
            if stream.resume is not None:
                stream.resume |= {"outcome": "aborted", "reason": reply.refused.code}
            return
        head = wire.position_of(reply.ok["head"])
        self._know_head(session, stream, head, "resume")
        if resumes and stream.resume is not None and not reply.ok["recovered"]:
            stream.resume |= {"outcome": "refused", "reason": str(reply.ok.get("reason", "")), "frontier_seq": head.seq}
            stream.timeline.reload(head)
            stream.head = head
            return
        if resumes and stream.resume is not None:
            stream.resume |= {"outcome": "recovered", "frontier_seq": head.seq}
        elif stream.timeline.position is None:
            stream.timeline.begin(head)
        stream.subscription = self._recording.add(
            "subscriptions", self._dev, dev=self._dev, session=session.number, conv=stream.conv,
            from_ns=self._recording.elapsed_ns(), level="live",
        )

    def _went_live(self, stream: _Stream, at: Position) -> None:
        stream.is_live = True
        if stream.resume is not None and stream.resume.get("outcome") == "recovered":
            stream.resume |= {
                "live_ns": self._recording.elapsed_ns(), "live_rec": self._recording.next_rec(), "upto_seq": at.seq,
            }

    def _told_gap(self, session: Session, stream: _Stream, gap: Gap) -> None:
        """What is hidden from this reader will never come; what was dropped is read later."""
        self._recording.add(
            "notices", self._dev, t_ns=self._recording.elapsed_ns(), session=session.number, conv=stream.conv,
            kind="gap", from_seq=gap.from_seq, to_seq=gap.to_seq, level=gap.reason,
        )
        if gap.reason == "hidden":
            stream.timeline.pass_over(gap.from_seq, gap.to_seq)

    def _know_head(self, session: Session, stream: _Stream, at: Position, source: str) -> None:
        self._recording.add(
            "heads", self._dev, t_ns=self._recording.elapsed_ns(), dev=self._dev, session=session.number,
            conv=stream.conv, epoch=at.epoch, head_seq=at.seq, source=source,
        )
        stream.head = max(stream.head, at)

    def _head_of(self, stream: _Stream) -> int:
        """The largest seq that the server said there is, in the timeline's epoch."""
        return stream.head.seq if stream.head.epoch == stream.timeline.epoch else 0
