"""One device of a plain target, sans-I/O: outbox, attempts, reconnects, timeline and history, around a dialect.

The rules where the target promises less than the reference server:
- Without idempotent sending no attempt is repeated unless it certainly had no effect: its operation ends unknown.
- Without a resume a device asks, after each reconnect, for what it has not shown (claim `history`), as a client of
  such a service does; what comes that way is `repair`, and the stream counts as live when it is there.
- Ids of messages stand for seqs. They need not be dense, only grow in the order of the room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chatproof.drivers.blame import blaming
from chatproof.drivers.errors import DriverError, DriverMistaken
from chatproof.drivers.http import Dial, HttpAnswer, HttpRequest
from chatproof.drivers.interface import (
    Arrived,
    Attempting,
    MarkerSeen,
    MustClose,
    Observation,
    Operation,
    Outgoing,
    PresenceSeen,
    Read,
    Ready,
    Via,
)
from chatproof.drivers.names import UNKNOWN, Names
from chatproof.drivers.plain import words as w
from chatproof.drivers.plain.dialect import Dialect, Said
from chatproof.drivers.plain.history import EPOCH, Reads
from chatproof.drivers.plain.outcomes import observed
from chatproof.drivers.plain.questions import Asked, Questions
from chatproof.drivers.plain.responses import words_of
from chatproof.drivers.plain.timeline import PlainTimeline
from chatproof.protocol import client_limits as limits
from chatproof.protocol.backoff import Backoff
from chatproof.protocol.bodies import op_of
from chatproof.protocol.errors import CloseCode, Meaning, Retry
from chatproof.protocol.frames import SendOk
from chatproof.protocol.outbox import Entry, Outbox


class PlainSession:
    """See `drivers.interface.Session` and `drivers.http.HttpSession`. Raises `DriverError` where the dialect fails."""

    def __init__(self, dialect: Dialect, me: w.Me, names: Names, *, seed: int) -> None:
        self._dialect = dialect
        self._me = me
        self._names = names
        self._retries = int(dialect.claims.get("idempotent_window_s", 0)) > 0
        self._outbox = Outbox(seed, encode=lambda _: b"")
        self._questions = Questions()
        self._timelines: dict[int, PlainTimeline] = {}
        self._reads = Reads(has_history=bool(dialect.claims.get("history")), timeline=self._timeline, seed=seed)
        self._backoff = Backoff(
            seed, floor_ns=limits.RECONNECT_FLOOR_NS, first_ns=limits.RECONNECT_FIRST_NS,
            cap_ns=limits.RECONNECT_CAP_NS,
        )  # fmt: skip
        self._followed: tuple[int, ...] = ()
        self._watched: tuple[int, ...] = ()
        self._frames: list[str | bytes] = []
        self._requests: list[HttpRequest] = []
        self._connect_at_ns: int | None = 0
        self._up_ns = self._heard_ns = self._pinged_ns = 0
        self._doubted_ns: int | None = None
        self._welcomed = False
        self._frame = 0
        self._by_word: dict[type, Callable[[Any, int], Sequence[Observation]]] = {
            w.Welcome: self._welcome, w.Denied: self._denied, w.Accepted: self._accepted, w.Refused: self._refused,
            w.Message: self._message, w.Page: self._page, w.Marked: self._marked, w.Present: self._present,
            w.PongHeard: lambda _word, _now: (),
        }  # fmt: skip

    # --- the link -----------------------------------------------------------------------------------------------------

    def dial(self, ws: str) -> Dial:
        """See `HttpSession`."""
        with blaming("it named the WebSocket URL"):
            return Dial(self._dialect.url(ws, self._me), self._dialect.headers(self._me), self._dialect.quiet_s)

    def link_up(self, now_ns: int) -> Sequence[Observation]:
        """See the interface."""
        self._connect_at_ns = None
        self._up_ns = self._heard_ns = self._pinged_ns = now_ns
        self._doubted_ns = None
        self._frame = 0
        with blaming("it logged in"):
            self._frames = list(self._dialect.open(self._me))
        return () if self._frames or self._dialect.greets else self._welcome(w.Welcome(), now_ns)

    def link_down(self, now_ns: int, code: int, *, clean: bool) -> Sequence[Observation]:  # noqa: ARG002
        """See the interface. What was asked over HTTP may still be answered."""
        self._welcomed = False
        self._frames.clear()
        self._connect_at_ns = now_ns + self._backoff.next_ns()
        self._reads.link_down()
        lost = self._questions.take_frames()
        return [seen for ref, asked in lost for seen in self._lose(ref, asked, "link_lost", now_ns, backs_off=False)]

    def reconnect_at_ns(self) -> int | None:
        """See the interface."""
        return self._connect_at_ns

    def tick(self, now_ns: int) -> Sequence[Observation]:
        """See the interface. A link that owes an answer, and on which nothing came for `quiet_s`, is given up."""
        seen: list[Observation] = []
        for ref, asked in self._questions.older_than(now_ns - limits.REQUEST_TIMEOUT_NS):
            seen += self._lose(ref, asked, "timeout", now_ns, backs_off=True)
        for entry in self._outbox.overdue(now_ns):
            seen += self._give_up(entry, now_ns)
        if self._connect_at_ns is None and self._is_dead(now_ns):
            seen.append(MustClose(CloseCode.HEARTBEAT, "nothing came for too long"))
        return seen

    def _is_dead(self, now_ns: int) -> bool:
        """No welcome in time, or silence although something is waited for, be it what follows a ping."""
        if not self._welcomed:
            return now_ns - self._up_ns > limits.HELLO_TIMEOUT_NS
        quiet_ns = round(self._dialect.quiet_s * 1e9)
        awaited = (self._questions.oldest_frame_ns, self._doubted_ns)
        return any(since_ns is not None and now_ns - max(since_ns, self._heard_ns) > quiet_ns for since_ns in awaited)

    # --- writing ------------------------------------------------------------------------------------------------------

    def outgoing(self, now_ns: int) -> Sequence[Outgoing]:
        """See the interface."""
        if self._connect_at_ns is not None:
            return ()
        written = [Outgoing(_bytes(frame), ()) for frame in self._frames]
        self._frames.clear()
        if self._welcomed:
            for entry in self._outbox.due(now_ns):
                written += self._attempt(entry, now_ns)
            for asked, page in self._reads.due(now_ns):
                written += self._ask(asked, page, now_ns)
            written += self._ping(now_ns)
        return written

    def requests(self) -> Sequence[HttpRequest]:
        """See `HttpSession`."""
        requests, self._requests = self._requests, []
        return requests

    def _attempt(self, entry: Entry, now_ns: int) -> list[Outgoing]:
        """Write an operation once more."""
        attempt = Attempting(entry.op, self._outbox.written(entry))
        operation: Operation = entry.command  # type: ignore[assignment]
        ref = self._questions.new_ref()
        with blaming(f"it wrote a {operation.kind}"):
            thing, said = self._said(operation, ref)
        return self._say(ref, Asked(thing, now_ns, attempt), said)

    def _said(self, operation: Operation, ref: int) -> tuple[w.Post | w.Mark | None, Said]:
        """An operation in the target's words."""
        if operation.kind == "presence":
            return None, self._dialect.show(self._me, ref, operation.state)
        room = self._names.conversation_ids[operation.conv]
        if operation.kind == "receipt":
            mark = w.Mark(ref, room, operation.seq, operation.marker)
            return mark, self._dialect.mark(self._me, mark)
        post = w.Post(ref, room, operation.body, operation.u)
        return post, self._dialect.send(self._me, post)

    def _ask(self, asked: Read, page: w.PageWanted, now_ns: int) -> list[Outgoing]:
        """Ask for a history page."""
        ref = self._questions.new_ref()
        wanted = page._replace(ref=ref, room=self._names.conversation_ids[asked.conv])
        with blaming("it asked for a history page"):
            said = self._dialect.history(self._me, wanted)
        return self._say(ref, Asked(wanted, now_ns, None, asked), said)

    def _ping(self, now_ns: int) -> list[Outgoing]:
        """The dialect's own heartbeat, three times in its silence; the first that nothing followed is remembered."""
        if now_ns - self._pinged_ns < self._dialect.quiet_s * 1e9 / 3:
            return []
        self._pinged_ns = now_ns
        with blaming("it wrote a ping"):
            frame = self._dialect.ping(self._me, self._questions.new_ref())
        if frame is None:
            return []
        self._doubted_ns = now_ns if self._doubted_ns is None else self._doubted_ns
        return [Outgoing(_bytes(frame), ())]

    def _say(self, ref: int, asked: Asked, said: Said) -> list[Outgoing]:
        """As a frame now, or as a request."""
        attempts = () if asked.attempt is None else (asked.attempt,)
        if isinstance(said, w.Request):
            self._questions.ask(ref, asked._replace(over_http=True))
            with blaming("it wrote a request"):
                headers, body = {**self._dialect.headers(self._me), **said.headers}, said.content()
            self._requests.append(HttpRequest(ref, said.method, said.path, headers, body, attempts))
            return []
        self._questions.ask(ref, asked)
        return [Outgoing(_bytes(said), attempts)]

    # --- reading ------------------------------------------------------------------------------------------------------

    def receive(self, frame: bytes, now_ns: int) -> Sequence[Observation]:
        """See the interface."""
        self._heard_ns, self._doubted_ns = now_ns, None
        self._frame += 1
        with blaming(f"it read the frame {frame[:200]!r}"):
            heard = list(self._dialect.heard(self._me, frame))
        return self._understand(heard, now_ns)

    def responded(self, ref: int, answer: HttpAnswer, now_ns: int) -> Sequence[Observation]:
        """See `HttpSession`."""
        asked = self._questions.get(ref)
        if asked is None:
            return ()
        if answer.status == 0:
            self._questions.take(ref)
            return self._lose(ref, asked, "no_answer", now_ns, backs_off=True)
        return self._understand(words_of(self._dialect, self._me, ref, asked, answer), now_ns)

    def _understand(self, heard: Sequence[w.Word], now_ns: int) -> Sequence[Observation]:
        return [seen for word in heard for seen in self._handler(word)(word, now_ns)]

    def _handler(self, word: w.Word) -> Callable[[Any, int], Sequence[Observation]]:
        handler = self._by_word.get(type(word))
        if handler is None:
            raise DriverMistaken(f"The driver {self._dialect.name} says {word!r}, which is none of its words.")
        return handler

    def _welcome(self, word: w.Welcome, now_ns: int) -> Sequence[Observation]:
        """The session is accepted: say whom to follow, catch up, and try again what waited."""
        if self._welcomed:
            return ()
        self._welcomed = True
        self._backoff.reset()
        self._outbox.reopened(now_ns)
        rooms = [self._names.conversation_ids[conv] for conv in self._followed]
        watched = [self._names.user_ids[user] for user in self._watched]
        with blaming("it followed its rooms"):
            self._frames += self._dialect.follow(self._me, rooms, watched)
        begun, live = self._reads.catch_up(self._followed)
        return [Ready(word.node, word.incarnation), *begun, *live]

    def _denied(self, word: w.Denied, _: int) -> Sequence[Observation]:
        raise DriverError(f"The target does not accept the credential of {self._me.user}: {word.reason}.")

    def _accepted(self, word: w.Accepted, _: int) -> Sequence[Observation]:
        """An operation took effect; an own message with an id is shown by its ack, unless its echo was faster."""
        found = self._questions.find(word.ref)
        if found is None:
            self._check_ref(word.ref)
            return ()
        asked = self._questions.take(found)
        if asked is None or asked.attempt is None:
            return ()
        seen: list[Observation] = []
        if isinstance(asked.thing, w.Post) and word.id:
            seen.append(self._own(asked.thing, word.id))
        elif isinstance(asked.thing, w.Post) and self._dialect.claims.get("echo", "none") != "all":
            raise DriverMistaken(
                f"The driver {self._dialect.name} reads no id in an acknowledgement and does not claim echo = 'all':"
                " nobody could know where an own message stands."
            )
        reply = SendOk("", EPOCH, word.id, word.id, 0, word.duplicate)
        return [*seen, *observed(self._outbox.accepted(*asked.attempt, reply, was_open=not asked.is_late))]

    def _refused(self, word: w.Refused, now_ns: int) -> Sequence[Observation]:
        """An operation or page was refused; a late refusal changes nothing, for it was told as unknown."""
        found = self._questions.find(word.ref)
        asked = None if found is None else self._questions.take(found)
        if asked is None:
            self._check_ref(word.ref)
            return ()
        if asked.is_late:
            return ()
        if asked.read is not None:
            return self._reads.failed(asked.read, "fail", word.code, now_ns)
        if asked.attempt is None:
            return ()
        retry = Retry.SAME_KEY if word.code == "overloaded" or (self._retries and not word.definite) else Retry.NO
        meaning = Meaning(word.code, word.definite, retry, 0)
        facts = self._outbox.refused(*asked.attempt, word.code, word.retry_after_ms * 1_000_000, now_ns, meaning)
        return [*observed(facts), *self._end_doubtful(asked.attempt)]

    def _message(self, word: w.Message, now_ns: int) -> Sequence[Observation]:
        """A message came on the stream; where that is all the target says, it also acknowledges an own one."""
        w.check(word)
        seen: list[Observation] = [self._arrived(word, "resume" if word.replayed else "live")]
        op = op_of(word.text) if self._dialect.ack_by_echo else None
        ref = None if op is None else self._questions.ref_of(op)
        return seen if ref is None else [*seen, *self._accepted(w.Accepted(ref, word.id), now_ns)]

    def _page(self, word: w.Page, now_ns: int) -> Sequence[Observation]:
        """A history page came; one that comes too late was asked for again."""
        asked = self._questions.take(word.ref)
        if asked is None or asked.read is None or asked.is_late:
            self._check_ref(word.ref)
            return ()
        return self._reads.came(asked.read, word, self._names, self._arrived, now_ns)

    def _marked(self, word: w.Marked, _: int) -> Sequence[Observation]:
        conv, user = self._names.conversation(word.room), self._names.user(word.user)
        return () if UNKNOWN in (conv, user) else (MarkerSeen(conv, user, word.delivered, word.read, "push"),)

    def _present(self, word: w.Present, _: int) -> Sequence[Observation]:
        user = self._names.user(word.user)
        return () if user == UNKNOWN else (PresenceSeen(user, word.state, 0, word.version, "push"),)

    # --- what the harness asks ----------------------------------------------------------------------------------------

    def follow(self, conversations: Sequence[int], watch: Sequence[int]) -> None:
        """See the interface; takes effect at the next link."""
        self._followed, self._watched = tuple(conversations), tuple(watch)

    def do(self, operation: Operation, now_ns: int, give_up_ns: int) -> bool:
        """See the interface."""
        return self._outbox.add(operation.op, operation, now_ns, give_up_ns)

    def mark(self, conv: int, delivered: int, read: int) -> None:
        """See the interface. Receipts are operations here; the plane sends them so."""

    def read(self, request: Read) -> None:
        """See the interface."""
        self._reads.add(request)

    def contiguous(self, conv: int) -> int:
        """The largest id that was shown: where ids have holes, nobody can know of more."""
        return self._timeline(conv).top

    def pending(self) -> int:
        """See the interface."""
        return len(self._outbox)

    # --- details ------------------------------------------------------------------------------------------------------

    def _timeline(self, conv: int) -> PlainTimeline:
        return self._timelines.setdefault(conv, PlainTimeline())

    def _arrived(self, word: w.Message, via: Via) -> Arrived:
        """A message as an arrival; shown if it never was."""
        conv = self._names.conversation(word.room)
        shown = conv != UNKNOWN and self._timeline(conv).show(word.id)
        by = self._names.user(word.user) if word.user else UNKNOWN
        return Arrived(
            "conv", conv, 0, self._frame, EPOCH, word.id, word.id, "message", by, UNKNOWN, "", word.text, via, shown,
            word.at_ms * 1_000_000,
        )

    def _own(self, post: w.Post, message: int) -> Arrived:
        """An own message, as its ack places it. Raises `DriverMistaken` for an id that cannot be one."""
        own = w.Message(post.room, message, post.text, self._me.user)
        w.check(own)
        return self._arrived(own, "ack")

    def _lose(self, ref: int, asked: Asked, code: str, now_ns: int, *, backs_off: bool) -> Sequence[Observation]:
        """A question will not be answered in time, or not at all."""
        self._questions.expect_late(ref, asked)
        if asked.read is not None:
            return self._reads.failed(asked.read, "unknown", code, now_ns)
        if asked.attempt is None:
            return ()
        facts = self._outbox.lost(*asked.attempt, code, now_ns, backs_off=backs_off)
        return [*observed(facts), *self._end_doubtful(asked.attempt)]

    def _end_doubtful(self, attempt: Attempting) -> Sequence[Observation]:
        """What may have had an effect ends unknown, where another try could have a second one."""
        entry = self._outbox.entry(attempt.op)
        return () if self._retries or entry is None or not entry.doubtful else observed([self._outbox.give_up(entry)])

    def _give_up(self, entry: Entry, now_ns: int) -> Sequence[Observation]:
        """An operation's time is over."""
        ref = self._questions.ref_of(entry.op)
        asked = None if ref is None else self._questions.take(ref)
        seen = [] if ref is None or asked is None else [*self._lose(ref, asked, "gave_up", now_ns, backs_off=False)]
        left = self._outbox.entry(entry.op)
        return seen if left is None else [*seen, *observed([self._outbox.give_up(left)])]

    def _check_ref(self, ref: int | None) -> None:
        """An answer to nothing is a mistake of the driver, unless the question is an old one."""
        if ref is not None and not self._questions.was_given(ref):
            raise DriverMistaken(
                f"The driver {self._dialect.name} reads an answer to reference {ref!r}, which nothing that was asked"
                " has: it does not match answers with what it sent."
            )


def _bytes(frame: object) -> bytes:
    """A frame as it is written. Raises `DriverMistaken` for what is none, as where a method returns nothing."""
    if isinstance(frame, str):
        return frame.encode()
    if isinstance(frame, bytes):
        return frame
    raise DriverMistaken(f"The driver writes {frame!r:.80}, which is neither a text nor bytes nor a Request.")
