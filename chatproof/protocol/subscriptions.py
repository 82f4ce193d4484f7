"""The streams that a device follows: each with its timeline, and how far its subscription on this link has come.

    wanted ──ask──▶ asked ──ok──▶ replaying ──live──▶ live
       ▲              │ error
       ├── may retry ─┤
       └── joined ── out (refused)

Who was removed from a conversation stays subscribed: nothing more comes, and after a return the server names the gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Literal

from chatproof.protocol import client_limits
from chatproof.protocol.errors import Retry
from chatproof.protocol.facts import Announced, Fact, HeadKnown, MarkersKnown, ResumeAsked, ResumeDecided, WentLive
from chatproof.protocol.frames import ME, Cursor, Gap, Head, Live, Sub, SubOk
from chatproof.protocol.outbox import meaning_of
from chatproof.protocol.timeline import Timeline

_NEVER_NS = 1 << 63


class Phase(Enum):
    """How far a subscription has come on this link."""

    WANTED = "wanted"
    ASKED = "asked"
    REPLAYING = "replaying"
    LIVE = "live"
    OUT = "out"


class Subscription:
    """One followed stream. `resumes`: it was asked for with a cursor; `due_ns`: when it may be asked for again."""

    __slots__ = ("due_ns", "phase", "resumes", "stream", "timeline")

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.timeline = Timeline()
        self.phase = Phase.WANTED
        self.resumes = False
        self.due_ns = 0

    @property
    def via(self) -> Literal["live", "resume"]:
        """How an event that comes now comes."""
        return "resume" if self.resumes and self.phase in (Phase.ASKED, Phase.REPLAYING) else "live"


class Subscriptions:
    """All followed streams by name, the own stream first. Timelines outlive links; phases do not.

    Attributes:
        next_ask_ns: when `asks` may have something to ask for.
    """

    def __init__(self) -> None:
        self._all: dict[str, Subscription] = {ME: Subscription(ME)}
        self.next_ask_ns = 0

    def get(self, stream: str) -> Subscription | None:
        """The subscription of a stream, None where it is not followed."""
        return self._all.get(stream)

    def follow(self, conversations: Iterable[str]) -> Sequence[str]:
        """Follow exactly these and the own stream; those that are no longer followed are returned."""
        wanted = dict.fromkeys((ME, *conversations))
        dropped = [stream for stream in self._all if stream not in wanted]
        self._all = {stream: self._all.get(stream) or Subscription(stream) for stream in wanted}
        self.next_ask_ns = 0
        return dropped

    def asks(self, now_ns: int) -> Sequence[tuple[Sub, list[Fact]]]:
        """The subscriptions to ask for now, each from its cursor where there is one, with what it reports."""
        wanted = [each for each in self._all.values() if each.phase is Phase.WANTED]
        self.next_ask_ns = min((each.due_ns for each in wanted if each.due_ns > now_ns), default=_NEVER_NS)
        return [self._ask(each) for each in wanted if each.due_ns <= now_ns]

    @property
    def are_settled(self) -> bool:
        """Whether every stream is live or refused: what was missed has come."""
        return all(each.phase in (Phase.LIVE, Phase.OUT) for each in self._all.values())

    def accepted(self, reply: SubOk) -> list[Fact]:
        """The server follows the stream for us, and says whether it recovered our cursor."""
        each = self._all.get(reply.stream)
        if each is None or each.phase is not Phase.ASKED:
            return []
        each.phase = Phase.REPLAYING
        facts: list[Fact] = [HeadKnown(reply.stream, reply.head.epoch, reply.head.seq, "resume")]
        if each.resumes:
            facts.append(_decided(reply))
            if not reply.recovered:
                each.timeline.reload(reply.head.epoch, reply.head.seq)
        else:
            each.timeline.begin(reply.head.epoch, reply.head.seq)
        each.timeline.announce(reply.head.epoch, reply.head.seq)
        return facts

    def refused(self, stream: str, code: str, now_ns: int) -> list[Fact]:
        """The server does not follow the stream for us, now or at all."""
        each = self._all.get(stream)
        if each is None or each.phase is not Phase.ASKED:
            return []
        if meaning_of(code).retry is Retry.SAME_KEY:
            self._want(each, now_ns + client_limits.SUBSCRIBE_RETRY_NS)
            return []
        each.phase = Phase.OUT
        return [ResumeDecided(stream, "refused", code, 0)]

    def went_live(self, live: Live) -> list[Fact]:
        """The replay of a stream ended."""
        each = self._all.get(live.stream)
        if each is None:
            return []
        each.phase = Phase.LIVE
        each.timeline.announce(live.cursor.epoch, live.cursor.seq)
        facts: list[Fact] = [WentLive(live.stream, live.cursor.seq)]
        if live.markers:
            facts.append(MarkersKnown(live.stream, live.markers, "snapshot"))
        return facts

    def heads(self, heads: Iterable[Head], source: Literal["push", "pong"]) -> list[Fact]:
        """The server said where streams end."""
        facts: list[Fact] = []
        for head in heads:
            each = self._all.get(head.stream)
            if each is not None:
                each.timeline.announce(head.epoch, head.seq)
            facts.append(HeadKnown(head.stream, head.epoch, head.seq, source))
        return facts

    def gap(self, gap: Gap) -> list[Fact]:
        """The server left out a range: hidden seqs never come; what a slow consumer missed can be read."""
        each = self._all.get(gap.stream)
        if each is not None and gap.reason == "hidden":
            each.timeline.cover(gap.from_seq, gap.to_seq)
        elif each is not None:
            each.timeline.announce(each.timeline.epoch, gap.to_seq)
        return [Announced("gap", gap.stream, gap.from_seq, gap.to_seq, gap.reason)]

    def resume_again(self, each: Subscription, due_ns: int) -> None:
        """The own stream has a hole: it cannot be read by pages, so it is resumed."""
        if each.phase is Phase.LIVE and not each.timeline.is_whole:
            self._want(each, due_ns)

    def joined(self, conv: str) -> None:
        """The own stream says that the user joined: a stream that was refused before may be asked for again."""
        each = self._all.get(conv)
        if each is not None and each.phase is Phase.OUT:
            self._want(each, 0)

    def link_lost(self) -> list[Fact]:
        """Every subscription must be asked for again; resumes under way are aborted."""
        facts: list[Fact] = []
        for each in self._all.values():
            if each.resumes and each.phase in (Phase.ASKED, Phase.REPLAYING):
                facts.append(ResumeDecided(each.stream, "aborted", "the link was lost", each.timeline.head))
            each.resumes = False
            self._want(each, 0)
        return facts

    def _want(self, each: Subscription, due_ns: int) -> None:
        """Ask for the stream when it is due."""
        each.phase, each.due_ns = Phase.WANTED, due_ns
        self.next_ask_ns = min(self.next_ask_ns, due_ns)

    def _ask(self, each: Subscription) -> tuple[Sub, list[Fact]]:
        """Ask for one stream."""
        each.phase = Phase.ASKED
        timeline = each.timeline
        each.resumes = timeline.epoch > 0
        if not each.resumes:
            return Sub(each.stream), []
        cursor = Cursor(timeline.epoch, timeline.contiguous)
        return Sub(each.stream, cursor), [ResumeAsked(each.stream, cursor.epoch, cursor.seq)]


def _decided(reply: SubOk) -> ResumeDecided:
    """What a reply says of a resume."""
    return ResumeDecided(reply.stream, "recovered" if reply.recovered else "refused", reply.reason, reply.head.seq)
