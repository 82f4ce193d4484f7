"""Whose presence a session follows: the full state at first, then changes, merged per tick.

A user is shown to those who share a conversation with them now, and to themselves; to all others they are `unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from chatproof.protocol import limits
from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import Event, Presence, PresenceItem, PresenceOk, PresencePush
from chatproof.reference_server.ports.host import Host
from chatproof.reference_server.ports.presence import PresenceBoard
from chatproof.reference_server.roles.gateway import wire
from chatproof.reference_server.roles.gateway.session import Session


class Watching:
    """Handler of presence, and what is pushed of changes. `flush` is called every tick."""

    def __init__(self, board: PresenceBoard, host: Host) -> None:
        self._board = board
        self._host = host
        self._watchers: dict[str, dict[Session, None]] = {}
        self._owed: dict[Session, dict[str, None]] = {}
        board.listen(self.changed)

    def presence(self, session: Session, request_id: int, presence: Presence) -> None:
        """Show or hide the session, watch and unwatch users; answered with the state of all that it watches."""
        if len(session.watched.keys() | presence.watch) > limits.MAX_WATCHED:
            raise WireError("too_many", f"A session watches at most {limits.MAX_WATCHED} users.")
        if presence.state is not None:
            self._board.show(session.user, session.device, session.id, visible=presence.state == "online")
        for user in presence.unwatch:
            self._unwatch(session, user)
        for user in presence.watch:
            session.watched[user] = None
            self._watchers.setdefault(user, {})[session] = None
        self._owed.pop(session, None)
        session.reply(request_id, PresenceOk(self._items(session, tuple(session.watched))))

    def changed(self, user: str) -> None:
        """A user's state may have changed: tell the watchers at the next tick."""
        for session in self._watchers.get(user, ()):
            self._owed.setdefault(session, {})[user] = None

    def membership_changed(self, event: Event, members: Sequence[str]) -> None:
        """A user's own stream says that they joined or left: who may see whom may have changed, both ways."""
        self.changed(event.user)
        for other in members:
            for session in self._watchers.get(other, ()):
                if session.user == event.user:
                    self._owed.setdefault(session, {})[other] = None

    def flush(self) -> None:
        """A tick: push what changed to everyone who keeps up; the others get it when they read again."""
        for session in tuple(self._owed):
            if not session.paused:
                users = self._owed.pop(session)
                session.push(wire.push("presence", PresencePush(self._items(session, tuple(users)))))

    def forget(self, session: Session) -> None:
        """The session is over."""
        for user in tuple(session.watched):
            self._unwatch(session, user)
        self._owed.pop(session, None)

    def _unwatch(self, session: Session, user: str) -> None:
        session.watched.pop(user, None)
        watchers = self._watchers.get(user)
        if watchers is not None and watchers.pop(session, watchers) is None and not watchers:
            del self._watchers[user]

    def _items(self, session: Session, users: tuple[str, ...]) -> tuple[PresenceItem, ...]:
        return tuple(self._item(session.user, user) for user in users)

    def _item(self, watcher: str, user: str) -> PresenceItem:
        item = self._board.item(user)
        if user == watcher or self._host.shares_conversation(watcher, user):
            return item
        return structs.replace(item, state="unknown")
