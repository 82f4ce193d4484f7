"""Facts of the protocol's client as observations of the harness: target ids become our indexes, nothing else changes.

The own stream has no index: its events arrive under the conversation that they name, its subscription is not reported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chatproof.drivers.interface import (
    Answered,
    Arrived,
    CaughtUp,
    HeadSeen,
    Item,
    MarkerSeen,
    MustClose,
    Noticed,
    Observation,
    PageRead,
    PresenceSeen,
    Ready,
    RepairStarted,
    ResumeAnswered,
    ResumeStarted,
    Settled,
)
from chatproof.drivers.names import UNKNOWN, Names
from chatproof.protocol import facts as f
from chatproof.protocol.frames import ME, Event, MembershipOk, SendOk

_NS_PER_MS = 1_000_000


class Observations:
    """Translates facts with one roster's names."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._users = names.users
        self._conversations = names.conversations
        self._translations: dict[type, Callable[[Any], Sequence[Observation]]] = {
            f.Seen: self._seen,
            f.Replied: self._replied,
            f.Concluded: self._concluded,
            f.HeadKnown: self._head,
            f.MarkersKnown: self._markers,
            f.PresenceKnown: self._presence,
            f.ResumeAsked: self._resume_asked,
            f.ResumeDecided: self._resume_decided,
            f.WentLive: self._went_live,
            f.Announced: self._announced,
            f.PageArrived: self._page,
            f.RepairAsked: self._repair,
            f.Opened: self._opened,
            f.LinkUnusable: self._unusable,
        }

    def of(self, facts: Sequence[f.Fact]) -> Sequence[Observation]:
        """The observations of these facts, in their order."""
        if not facts:
            return ()
        if len(facts) == 1:
            return self._translations[type(facts[0])](facts[0])
        return [each for fact in facts for each in self._translations[type(fact)](fact)]

    def _seen(self, fact: f.Seen) -> Sequence[Observation]:
        event, view, frame, via, shown = fact
        in_own_stream = event.stream == ME
        return (
            Arrived(
                "me" if in_own_stream else "conv",
                self._conversations.get(event.conv if in_own_stream else event.stream, UNKNOWN),
                view,
                frame,
                event.epoch,
                event.seq,
                event.msg_id,
                event.kind,
                self._users.get(event.by, UNKNOWN),
                self._users.get(event.user, UNKNOWN),
                event.u,
                event.body,
                via,
                shown,
                event.ts * _NS_PER_MS,
            ),
        )

    def _replied(self, fact: f.Replied) -> Sequence[Observation]:
        epoch, seq, msg_id, duplicate = _position(fact.reply)
        return (
            Answered(fact.op, fact.attempt, fact.outcome, fact.code, fact.definite, epoch, seq, msg_id, duplicate),
        )

    def _concluded(self, fact: f.Concluded) -> Sequence[Observation]:
        epoch, seq, msg_id, _ = _position(fact.reply)
        return (Settled(fact.op, fact.outcome, fact.code, fact.by, epoch, seq, msg_id),)

    def _head(self, fact: f.HeadKnown) -> Sequence[Observation]:
        conv = self._names.conversation(fact.stream)
        return () if conv == UNKNOWN else (HeadSeen(conv, fact.epoch, fact.seq, fact.source),)

    def _markers(self, fact: f.MarkersKnown) -> Sequence[Observation]:
        conv = self._names.conversation(fact.conv)
        seen = ((self._names.user(marker.user), marker) for marker in fact.markers)
        return [
            MarkerSeen(conv, user, marker.delivered, marker.read, fact.source)
            for user, marker in seen
            if UNKNOWN not in (conv, user)
        ]

    def _presence(self, fact: f.PresenceKnown) -> Sequence[Observation]:
        seen = ((self._names.user(item.user), item) for item in fact.users)
        return [
            PresenceSeen(user, item.state, item.incarnation, item.ver, fact.source)
            for user, item in seen
            if user != UNKNOWN
        ]

    def _resume_asked(self, fact: f.ResumeAsked) -> Sequence[Observation]:
        conv = self._names.conversation(fact.stream)
        return () if conv == UNKNOWN else (ResumeStarted(conv, fact.seq, fact.epoch, fact.seq),)

    def _resume_decided(self, fact: f.ResumeDecided) -> Sequence[Observation]:
        conv = self._names.conversation(fact.stream)
        return () if conv == UNKNOWN else (ResumeAnswered(conv, fact.outcome, fact.reason, fact.frontier),)

    def _went_live(self, fact: f.WentLive) -> Sequence[Observation]:
        conv = self._names.conversation(fact.stream)
        return () if conv == UNKNOWN else (CaughtUp(conv, fact.upto),)

    def _announced(self, fact: f.Announced) -> Sequence[Observation]:
        conv = self._names.conversation(fact.stream)
        return (Noticed(fact.kind, conv, fact.from_seq, fact.to_seq, fact.level),)

    def _page(self, fact: f.PageArrived) -> Sequence[Observation]:
        page = fact.page
        if fact.stream == ME:
            return ()
        if page is None:
            return (PageRead(fact.read, fact.outcome, fact.code, 0, (), 0, 0, False),)
        items = [self._item(event) for event in page.events]
        return (
            PageRead(
                fact.read, "ok", "", page.next.epoch, items, page.next.seq, page.head.seq, page.complete
            ),
        )

    def _item(self, event: Event) -> Item:
        by = self._names.user(event.by)
        return Item(
            event.epoch, event.seq, event.msg_id, event.kind, by, event.u, event.body, event.ts * _NS_PER_MS
        )

    def _repair(self, fact: f.RepairAsked) -> Sequence[Observation]:
        conv = self._names.conversation(fact.stream)
        return () if fact.stream == ME else (RepairStarted(conv, fact.after, fact.limit, fact.read),)

    def _opened(self, fact: f.Opened) -> Sequence[Observation]:
        return (Ready(fact.hello.node, fact.hello.incarnation),)

    def _unusable(self, fact: f.LinkUnusable) -> Sequence[Observation]:
        return (MustClose(fact.code, fact.reason),)


def _position(reply: f.OperationReply | None) -> tuple[int, int, int, bool]:
    """Epoch, seq, msg_id and duplicate of a reply; zeros where it has none."""
    if isinstance(reply, SendOk):
        return reply.epoch, reply.seq, reply.msg_id, reply.duplicate
    if isinstance(reply, MembershipOk):
        return reply.epoch, reply.seq, 0, reply.duplicate
    return 0, 0, 0, False
