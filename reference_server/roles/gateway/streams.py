"""Reading commands of a session: sub, unsub, history, ping; and the heads that make a lost tail visible."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chatproof.protocol import limits
from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import ME, Cursor, Empty, Head, Heads, History, Live, Ping, Pong, Sub, SubOk, Unsub
from chatproof.reference_server.ports.host import Host, Page
from chatproof.reference_server.roles.gateway import wire
from chatproof.reference_server.roles.gateway.access import Readable, readable
from chatproof.reference_server.roles.gateway.follow import Follow, Subscriptions
from chatproof.reference_server.roles.gateway.markers import shown_markers
from chatproof.reference_server.roles.gateway.pages import Walk, history_ok
from chatproof.reference_server.roles.gateway.positions import Positions
from chatproof.reference_server.roles.gateway.reads import PageRequest, Reader
from chatproof.reference_server.roles.gateway.resume import Resume
from chatproof.reference_server.roles.gateway.session import Session

MakeResume = Callable[[Session, Follow, Subscriptions, Reader, Callable[[Follow], None]], Resume]


class Streams:
    """Handlers of the reading commands."""

    def __init__(
        self, host: Host, subscriptions: Subscriptions, reader: Reader, positions: Positions, resume: MakeResume
    ) -> None:
        self._host = host
        self._subscriptions = subscriptions
        self._reader = reader
        self._positions = positions
        self._resume = resume
        self.recovered = self.refused = 0

    # --- following ------------------------------------------------------------------------------------------------

    def sub(self, session: Session, request_id: int, sub: Sub) -> None:
        """Follow a stream from its head, or catch up from a cursor first."""
        place = readable(self._host, session.user, sub.stream)
        if sub.stream not in session.follows and len(session.follows) >= limits.MAX_SUBSCRIPTIONS:
            raise WireError("too_many", f"A session follows at most {limits.MAX_SUBSCRIPTIONS} streams.")
        self._drop(session, sub.stream)
        reason = _unrecoverable(sub.cursor, place.head)
        session.reply(request_id, SubOk(sub.stream, not reason, place.head, reason))
        if sub.cursor is None or reason:
            self._follow_live(session, sub.stream, place)
        else:
            self._follow_from(session, sub.stream, place, sub.cursor.seq)
        self.refused += bool(reason)

    def unsub(self, session: Session, request_id: int, unsub: Unsub) -> None:
        """Stop following a stream; following none is no error."""
        self._drop(session, unsub.stream)
        session.reply(request_id, Empty())

    def forget(self, session: Session) -> None:
        """The session is over."""
        for stream in tuple(session.follows):
            self._drop(session, stream)

    def _drop(self, session: Session, stream: str) -> None:
        follow = session.follows.pop(stream, None)
        if follow is not None:
            self._subscriptions.remove(follow)

    def _follow_live(self, session: Session, stream: str, place: Readable) -> None:
        follow = session.follows[stream] = Follow(session, stream, place.key, place.head.seq)
        self._subscriptions.add(follow)
        self._announce_live(session, follow)

    def _follow_from(self, session: Session, stream: str, place: Readable, after: int) -> None:
        follow = session.follows[stream] = Follow(session, stream, place.key, after)
        follow.announced = place.head.seq
        live = partial(self._announce_live, session)
        self._resume(session, follow, self._subscriptions, self._reader, live).begin(place.head.seq)
        self.recovered += 1

    def _announce_live(self, session: Session, follow: Follow) -> None:
        head = self._host.head(follow.key)
        cursor = Cursor(head.epoch if head is not None else 1, follow.position)
        markers = shown_markers(self._host, follow.stream, session.user)
        session.push(wire.push("live", Live(follow.stream, cursor, markers)))
        session.flush()

    # --- pages ----------------------------------------------------------------------------------------------------

    def history(self, session: Session, request_id: int, history: History) -> None:
        """Read one page, once the position that it asks for is visible here."""
        place = readable(self._host, session.user, history.conv)
        if history.conv == ME:
            raise WireError("bad_request", "The own stream is read by subscribing to it.")
        page = partial(self._read_page, session, request_id, history)
        if place.head.seq >= history.min_seq:
            page()
        else:
            refuse = partial(session.refuse, request_id)
            self._positions.wait(place.key, history.min_seq, page, refuse)

    def _read_page(self, session: Session, request_id: int, history: History) -> None:
        place = readable(self._host, session.user, history.conv)
        request = page_request(place, session.user, history)
        self._reader.read(request, partial(self._page_came, session, request_id, history, place))

    def _page_came(
        self, session: Session, request_id: int, history: History, place: Readable, page: Page | WireError
    ) -> None:
        if isinstance(page, WireError):
            session.refuse(request_id, page)
        else:
            walk = walk_of(self._host, session.user, history, place)
            session.reply_line(wire.raw_reply(request_id, history_ok(page, walk)))
        session.flush()

    # --- heads ----------------------------------------------------------------------------------------------------

    def ping(self, session: Session, request_id: int, _ping: Ping) -> None:
        """Answer with every head that changed since the last time."""
        session.reply(request_id, Pong(self._changed_heads(session), self._host.as_of_ns()))

    def push_heads(self, session: Session, now_ns: int) -> None:
        """Push every head that changed since the last time."""
        session.heads_ns = now_ns
        heads = self._changed_heads(session)
        if heads:
            session.push(wire.push("heads", Heads(heads)))

    def _changed_heads(self, session: Session) -> tuple[Head, ...]:
        changed = []
        for stream, follow in session.follows.items():
            head = self._host.head(follow.key)
            if head is None or head.seq == follow.announced:
                continue
            # Who left must not learn that the conversation goes on.
            if stream == ME or self._host.is_member(stream, session.user):
                follow.announced = head.seq
                changed.append(Head(stream, head.epoch, head.seq))
        return tuple(changed)


def _unrecoverable(cursor: Cursor | None, head: Cursor) -> str:
    """Why a stream cannot be resumed from a cursor; empty where it can."""
    if cursor is None:
        return ""
    if cursor.epoch != head.epoch:
        return "The cursor is of another epoch."
    if cursor.seq > head.seq:
        return "The cursor is ahead of the head."
    if head.seq - cursor.seq > limits.MAX_RESUME_EVENTS:
        return f"The cursor is more than {limits.MAX_RESUME_EVENTS} events behind."
    return ""


def page_request(place: Readable, user: str, history: History) -> PageRequest:
    """The read that a history command asks for. Raises `WireError` bad_request for a cursor of another epoch."""
    cursor, head = history.cursor, place.head
    if cursor is not None and cursor.epoch != head.epoch:
        raise WireError("bad_request", "The cursor is of another epoch.")
    if history.dir == "forward":
        return PageRequest(place.key, user, cursor.seq if cursor is not None else 0, head.seq, history.limit)
    before = min(cursor.seq if cursor is not None else head.seq + 1, head.seq + 1)
    return PageRequest(place.key, user, before, head.seq, history.limit, backward=True)


def walk_of(host: Host, user: str, history: History, place: Readable) -> Walk:
    """What the reply to a history command says beside its page."""
    markers = shown_markers(host, history.conv, user)
    return Walk(history.conv, place.head, markers, history.dir == "backward")
