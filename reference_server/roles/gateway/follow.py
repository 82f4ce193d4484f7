"""Who follows which stream, and how far each session has come in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from chatproof.protocol.frames import Gap
from chatproof.reference_server.roles.gateway import bounds, wire


class Follower(Protocol):
    """What a place in a stream needs of its session."""

    user: str
    choked: bool

    def push(self, line: bytes) -> None:
        """Queue one push."""
        ...


class Follow:
    """One session's place in one stream.

    Seqs reach the client without a hole: what it may not see, or was too slow for, is named by a gap notice just
    before the next event.

    Attributes:
        position: everything up to this seq was pushed or named in a gap.
        announced: the last head that the client was told outside of events.
        held: live events (seq, line) that wait for a resume to end; None once the stream is live.
        missed: the last live event that did not fit into `held`; a resume reads up to it.
        active: False once unsubscribed.
    """

    __slots__ = ("_skipped", "active", "announced", "held", "key", "missed", "position", "session", "stream")

    def __init__(self, session: Follower, stream: str, key: str, position: int) -> None:
        self.session = session
        self.stream = stream
        self.key = key
        self.position = self.announced = position
        self.held: list[tuple[int, bytes]] | None = None
        self.missed = 0
        self._skipped = 0
        self.active = True

    def deliver(self, seq: int, line: bytes) -> None:
        """Push a live event, unless it was pushed before or must wait."""
        session = self.session
        if self.held is not None or session.choked:
            self._defer(seq, line)
            return
        if seq != self.position + 1:
            if seq <= self.position:
                return
            self.name_gap(seq - 1, "hidden")
        self.position = seq
        session.push(line)

    def name_gap(self, to_seq: int, reason: str) -> None:
        """Say that everything after `position` up to `to_seq` will not come: hidden or slow_consumer."""
        gap = Gap(self.stream, self.position + 1, to_seq, "hidden" if reason == "hidden" else "slow_consumer")
        self.session.push(wire.push("gap", gap))
        self.position = to_seq

    def hold(self) -> None:
        """Keep live events back until `release`."""
        self.held = []

    def release(self, position: int) -> None:
        """The stream was caught up to `position`: what was held back follows, then live events."""
        held, self.held = self.held or [], None
        self.position = position
        for seq, line in held:
            self.deliver(seq, line)

    def unchoke(self) -> None:
        """The session reads again: name what was skipped meanwhile."""
        if self._skipped > self.position:
            self.name_gap(self._skipped, "slow_consumer")

    def _defer(self, seq: int, line: bytes) -> None:
        if self.held is None:
            self._skipped = seq
        elif len(self.held) < bounds.MAX_HELD_EVENTS:
            self.held.append((seq, line))
        else:
            self.held.clear()
            self.missed = seq


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
