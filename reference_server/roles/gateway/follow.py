"""Who follows which stream, and how far each session has come in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from chatproof.protocol import limits
from chatproof.protocol.frames import Gap
from chatproof.reference_server.roles.gateway import bounds, wire


class Follower(Protocol):
    """What a place in a stream needs of its session."""

    user: str
    choked: bool

    def push(self, line: bytes) -> None:
        """Queue one push."""
        ...


class Run:
    """Consecutive events of one stream that the same users may see: joined once, pushed to each of them as one.

    Attributes:
        first, last: seqs, inclusive.
        lines: the events, encoded.
    """

    __slots__ = ("_pieces", "audience", "first", "key", "lines")

    def __init__(self, key: str, first: int, line: bytes, audience: Sequence[str]) -> None:
        self.key = key
        self.first = first
        self.lines = [line]
        self.audience = audience
        self._pieces: Sequence[bytes] = ()

    @property
    def last(self) -> int:
        """Seq of the last event."""
        return self.first + len(self.lines) - 1

    def pieces(self) -> Sequence[bytes]:
        """What to push for all of it: one piece, unless a frame could not hold it."""
        if not self._pieces:
            joined = b"\n".join(self.lines)
            self._pieces = (joined,) if len(joined) <= limits.MAX_FRAME_BYTES else self.lines
        return self._pieces

    def after(self, position: int) -> Sequence[bytes]:
        """What to push for its events after a position."""
        return self.lines[max(0, position + 1 - self.first) :]


class Follow:
    """One session's place in one stream.

    Seqs reach the client without a hole: what it may not see, or was too slow for, is named by a gap notice just
    before the next event.

    Attributes:
        position: everything up to this seq was pushed or named in a gap.
        announced: the last head that the client was told outside of events.
        held: live events that wait for a resume to end; None once the stream is live.
        missed: the last live event that did not fit into `held`; a resume reads up to it.
        active: False once unsubscribed.
    """

    __slots__ = (
        "_held_events", "_skipped", "active", "announced", "held", "key", "missed", "position", "session", "stream",
    )  # fmt: skip

    def __init__(self, session: Follower, stream: str, key: str, position: int) -> None:
        self.session = session
        self.stream = stream
        self.key = key
        self.position = self.announced = position
        self.held: list[Run] | None = None
        self.missed = 0
        self._held_events = 0
        self._skipped = 0
        self.active = True

    def deliver(self, run: Run) -> None:
        """Push live events, unless they were pushed before or must wait."""
        session = self.session
        if self.held is not None or session.choked:
            self._defer(run)
            return
        if run.first != self.position + 1:
            self._deliver_rest(run)
            return
        self.position = run.last
        for piece in run.pieces():
            session.push(piece)

    def name_gap(self, to_seq: int, reason: Literal["hidden", "slow_consumer"]) -> None:
        """Say that everything after `position` up to `to_seq` will not come, and why."""
        self.session.push(wire.push("gap", Gap(self.stream, self.position + 1, to_seq, reason)))
        self.position = to_seq

    def hold(self) -> None:
        """Keep live events back until `release`."""
        self.held = []

    def release(self, position: int) -> None:
        """The stream was caught up to `position`: what was held back follows, then live events."""
        held, self.held = self.held or [], None
        self.position = position
        for run in held:
            self.deliver(run)

    def unchoke(self) -> None:
        """The session reads again: name what was skipped meanwhile."""
        if self._skipped > self.position:
            self.name_gap(self._skipped, "slow_consumer")

    def _deliver_rest(self, run: Run) -> None:
        """The run begins after a hidden part, or a resume has pushed some of it."""
        if run.first > self.position + 1:
            self.name_gap(run.first - 1, "hidden")
        for line in run.after(self.position):
            self.session.push(line)
        self.position = max(self.position, run.last)

    def _defer(self, run: Run) -> None:
        if self.held is None:
            self._skipped = run.last
            return
        self._held_events += len(run.lines)
        if self._held_events <= bounds.MAX_HELD_EVENTS:
            self.held.append(run)
        else:
            self.held.clear()
            self._held_events = 0
            self.missed = run.last


class _Topic:
    """The followers of one stream, and which of them the last audience entitled."""

    __slots__ = ("_audience", "_entitled", "follows")

    def __init__(self) -> None:
        self.follows: dict[int, Follow] = {}
        self._audience: Sequence[str] | None = None
        self._entitled: list[Follow] = []

    def changed(self) -> None:
        self._audience = None

    def entitled(self, audience: Sequence[str]) -> list[Follow]:
        # Consecutive events share one audience object while nobody joins or leaves: filter once, not per event.
        if audience is not self._audience:
            allowed = frozenset(audience)
            self._entitled = [follow for follow in self.follows.values() if follow.session.user in allowed]
            self._audience = audience
        return self._entitled


class Subscriptions:
    """Index from stream key to the places in that stream, of all sessions of this node."""

    def __init__(self) -> None:
        self._topics: dict[str, _Topic] = {}

    def add(self, follow: Follow) -> None:
        """From now on, live events reach this place."""
        topic = self._topics.get(follow.key)
        if topic is None:
            topic = self._topics[follow.key] = _Topic()
        topic.follows[id(follow)] = follow
        topic.changed()

    def remove(self, follow: Follow) -> None:
        """Nothing reaches this place any more."""
        follow.active = False
        topic = self._topics.get(follow.key)
        if topic is None or topic.follows.pop(id(follow), None) is None:
            return
        topic.changed()
        if not topic.follows:
            del self._topics[follow.key]

    def entitled(self, key: str, audience: Sequence[str]) -> Sequence[Follow]:
        """Places in a stream whose user is in the audience."""
        topic = self._topics.get(key)
        return topic.entitled(audience) if topic is not None else ()

    def followers(self, key: str) -> Iterable[Follow]:
        """All places in a stream."""
        topic = self._topics.get(key)
        return tuple(topic.follows.values()) if topic is not None else ()

    def __len__(self) -> int:
        return len(self._topics)
