"""Records what sessions observe, and hands on what the rest of the plane waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chatproof.drivers.interface import (
    Answered,
    Arrived,
    CaughtUp,
    HeadSeen,
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
from chatproof.loadtests.bodies import BodyChecker
from chatproof.loadtests.histograms import LatencyHistogram
from chatproof.loadtests.ledger import Ledger
from chatproof.loadtests.plane.device import Device
from chatproof.loadtests.plane.link import Link
from chatproof.loadtests.plane.moments import Moments
from chatproof.loadtests.plane.reading import Reading
from chatproof.loadtests.recorder import Recorder
from chatproof.loadtests.suspicion import Suspicion
from chatproof.loadtests.truth import PresenceTruth

SHOWN, KICKED = "shown", "kicked"
"""Moments: (SHOWN, device, op) the device shows a message; (KICKED, device, conversation) it sees its user removed."""
MAX_MISSED = 1_000
"""A device that missed more events is no sample of how fast one catches up (as in the SLO)."""
_LEFT = ("leave", "kick", "left")


class Witness:
    """Callable with (device, observations, now). Instants are ns since the run's origin.

    Attributes:
        intended_ns: operation → intended instant, of all messages of all workers: latency is measured from there.
        deliveries: latencies from intended to shown.
        tidings: from the beginning of a change of presence to a watcher hearing of it, of this plane's users.
        returns: from hello to the heads, of sessions that began behind them.
        arrivals: raw arrivals, shown or not.
        top_seq: conversation → the largest seq that anybody here saw, was acknowledged, or heard of as head.
    """

    def __init__(
        self, recorder: Recorder, ledger: Ledger, truth: PresenceTruth, checker: BodyChecker, reading: Reading,
        moments: Moments, suspicion: Suspicion,
    ) -> None:
        self.intended_ns: Mapping[int, int] = {}
        self.main_ns = 0
        self.deliveries = LatencyHistogram("WS", "send → shown")
        self.tidings = LatencyHistogram("WS", "change → told")
        self.returns = LatencyHistogram("WS", "hello → caught up")
        self.arrivals = 0
        self.top_seq: dict[int, int] = {}
        self._recorder = recorder
        self._ledger = ledger
        self._truth = truth
        self._checker = checker
        self._reading = reading
        self._moments = moments
        self._suspicion = suspicion
        self._by_type: dict[type[Any], Callable[[Device, Any, int], None]] = {
            Arrived: self._arrived, Answered: self._answered, Settled: self._settled, Ready: self._ready,
            ResumeStarted: self._resume_started, ResumeAnswered: self._resume_answered, CaughtUp: self._caught_up,
            HeadSeen: self._head_seen, MarkerSeen: self._marker_seen, PresenceSeen: self._presence_seen,
            Noticed: self._noticed, PageRead: self._page_read, RepairStarted: self._repair_started,
            MustClose: self._must_close,
        }

    def __call__(self, device: Device, observations: Sequence[Observation], now_ns: int) -> None:
        """Record observations in their order."""
        for observation in observations:
            self._by_type[type(observation)](device, observation, now_ns)

    # --- operations -------------------------------------------------------------------------------------------------

    def _answered(self, _: Device, answer: Answered, now_ns: int) -> None:
        self._ledger.answered(answer, now_ns)

    def _settled(self, device: Device, settled: Settled, now_ns: int) -> None:
        entry = self._ledger.settled(settled, now_ns)
        if entry is None:
            return
        operation = entry.operation
        if operation.kind == "receipt":
            device.receipts.settled(operation.conv)
        elif operation.kind == "presence":
            state = operation.state if settled.outcome == "ok" else None
            self._truth.set_ends(device.dev, device.user, operation.op, state, now_ns)
        elif operation.kind == "send" and settled.outcome == "ok":
            self._suspicion.acknowledged()
            if settled.seq:
                self._raise_top(operation.conv, settled.seq)

    # --- what comes in ----------------------------------------------------------------------------------------------

    def _arrived(self, device: Device, item: Arrived, now_ns: int) -> None:
        self.arrivals += 1
        if item.event != "message":
            self._recorder.arrived(device.dev, device.number, item, None, None, None, now_ns)
            self._membership_arrived(device, item, now_ns)
            return
        op, body_hash, content_ok = self._checker.check(item.body)
        self._recorder.arrived(device.dev, device.number, item, op, body_hash, content_ok, now_ns)
        if item.via in ("live", "resume"):
            self._suspicion.arrived(device.dev, item.conv, item.seq, op, content_ok=content_ok)
        if item.shown:
            self._shown(device, item, op, now_ns)
        if op in self._ledger.unknown:
            self._suspicion.seen_unacknowledged()
            self._ledger.sighted(op)

    def _shown(self, device: Device, item: Arrived, op: int | None, now_ns: int) -> None:
        device.receipts.showed(item.conv, item.seq)
        self._raise_top(item.conv, item.seq)
        if op is None or item.via == "ack":
            return
        intended_ns = self.intended_ns.get(op)
        if intended_ns is not None and op >> 32 != device.dev:
            self.deliveries.add(now_ns - self.main_ns - intended_ns)
        self._moments.happens((SHOWN, device.dev, op), now_ns)

    def _membership_arrived(self, device: Device, item: Arrived, now_ns: int) -> None:
        """Who is removed is no longer followed there; who returns is. Both streams tell it, the first one counts."""
        link, conv = device.link, item.conv
        acts_alone = item.event in ("join", "leave") and item.user < 0
        is_own = item.scope == "me" or (item.by if acts_alone else item.user) == device.user
        if link is None or not is_own or not item.shown:
            return
        if item.event in _LEFT:
            if conv in link.subscriptions:
                self._recorder.unsubscribed(link.number, conv, link.subscriptions.pop(conv), now_ns)
            device.receipts.drop(conv)
            self._moments.happens((KICKED, device.dev, conv), now_ns)
        elif item.event in ("join", "joined") and item.via == "live" and conv in device.followed:
            self._subscribe(device, conv, now_ns)

    # --- links and streams ------------------------------------------------------------------------------------------

    def _ready(self, device: Device, ready: Ready, now_ns: int) -> None:
        device.opened(ready, now_ns)

    def _must_close(self, device: Device, wish: MustClose, _: int) -> None:
        device.must_close(wish)

    def _resume_started(self, device: Device, resume: ResumeStarted, now_ns: int) -> None:
        """A resume counts once per session: a second subscription to the same conversation there is none."""
        link = device.link
        if link is not None and resume.conv >= 0 and resume.conv not in link.resumed:
            link.resumed.add(resume.conv)
            link.resumes[resume.conv] = None
            link.owned[resume.conv] = resume.own_contiguous_seq
            self._recorder.resume_begun(link.number, resume, now_ns)

    def _resume_answered(self, device: Device, answer: ResumeAnswered, _: int) -> None:
        if device.link is not None and answer.conv in device.link.resumes:
            device.link.resumes[answer.conv] = answer
        if answer.outcome == "refused":
            device.behind.pop(answer.conv, None)

    def _caught_up(self, device: Device, live: CaughtUp, now_ns: int) -> None:
        device.behind.pop(live.conv, None)
        link = device.link
        if link is not None and live.conv not in link.resumed:
            self._subscribe(device, live.conv, now_ns)
        if link is not None and live.conv in link.resumes:
            answer = link.resumes.pop(live.conv)
            self._recorder.resume_ended(
                link.number, live.conv, frontier_seq=answer.frontier_seq if answer else None, upto_seq=live.upto_seq,
                outcome=answer.outcome if answer else "recovered", reason=answer.reason if answer else "",
                live_ns=now_ns,
            )
            if answer is not None:
                self._reached(device, link, (answer.frontier_seq or 0) - link.owned[live.conv], now_ns)

    def _reached(self, device: Device, link: Link, missed: int, now_ns: int) -> None:
        """A stream has caught up after `missed` events; once all have, the return of the device is a sample."""
        if missed > 0:
            link.missed, link.reached_ns = link.missed + missed, now_ns
        since_ns = link.hello_ok_ns or 0
        if since_ns >= self.main_ns > 0 and not device.behind and 0 < link.missed <= MAX_MISSED:
            self.returns.add(link.reached_ns - since_ns)
            link.missed = 0

    def _head_seen(self, device: Device, head: HeadSeen, now_ns: int) -> None:
        if head.conv < 0:
            return
        self._recorder.head_seen(device.dev, device.number, head, now_ns)
        self._raise_top(head.conv, head.seq)
        if head.source == "resume":
            self._subscribe(device, head.conv, now_ns)

    def _subscribe(self, device: Device, conv: int, now_ns: int) -> None:
        link = device.link
        if link is not None and conv not in link.subscriptions:
            link.subscriptions[conv] = self._recorder.subscribed(device.dev, link.number, conv, now_ns)

    def _raise_top(self, conv: int, seq: int) -> None:
        if seq > self.top_seq.get(conv, 0):
            self.top_seq[conv] = seq

    # --- the rest ---------------------------------------------------------------------------------------------------

    def _marker_seen(self, device: Device, marker: MarkerSeen, now_ns: int) -> None:
        self._recorder.marker_seen(device.dev, device.number, marker, now_ns)

    def _presence_seen(self, device: Device, seen: PresenceSeen, now_ns: int) -> None:
        self._recorder.presence_seen(device.dev, device.number, seen, now_ns)
        link, move = device.link, self._truth.moved_from(seen.user)
        if link is None or move is None:
            return
        believed, link.believed[seen.user] = link.believed.get(seen.user), (seen.state, move.t_ns)
        is_news = believed is not None and believed[0] != seen.state and believed[1] != move.t_ns
        if is_news and seen.source == "push" and seen.state != move.before and move.t_ns >= self.main_ns > 0:
            self.tidings.add(now_ns - move.t_ns)

    def _noticed(self, device: Device, notice: Noticed, now_ns: int) -> None:
        self._recorder.noticed(device.number, notice, now_ns)

    def _page_read(self, device: Device, page: PageRead, now_ns: int) -> None:
        self._suspicion.page(was_read=page.outcome == "ok", code=page.code)
        self._reading.answered(device, page, now_ns)

    def _repair_started(self, device: Device, repair: RepairStarted, now_ns: int) -> None:
        self._reading.repair_started(device, repair, now_ns)
