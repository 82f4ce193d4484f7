"""Whose presence a device watches: said whole on each new session, as a difference while one is open."""

from __future__ import annotations

from collections.abc import Iterable

from chatproof.protocol import client_limits
from chatproof.protocol.errors import Retry
from chatproof.protocol.frames import Presence
from chatproof.protocol.outbox import meaning_of

_NEVER_NS = 1 << 63


class WatchList:
    """Users in the order asked. What it returns is to be written; None: nothing to say."""

    def __init__(self) -> None:
        self._users: dict[str, None] = {}
        self._due_ns = _NEVER_NS

    def change(self, users: Iterable[str]) -> Presence | None:
        """Watch exactly these: the difference."""
        before, self._users = self._users, dict.fromkeys(users)
        watch = tuple(user for user in self._users if user not in before)
        unwatch = tuple(user for user in before if user not in self._users)
        return Presence(watch=watch, unwatch=unwatch) if watch or unwatch else None

    def whole(self) -> Presence | None:
        """All of them, for a session that knows nothing yet."""
        self._due_ns = _NEVER_NS
        return Presence(watch=tuple(self._users)) if self._users else None

    def refused(self, code: str, now_ns: int) -> None:
        """The server did not take it: the whole is due again after a while, where that may help."""
        if meaning_of(code).retry is Retry.SAME_KEY:
            self._due_ns = now_ns + client_limits.SUBSCRIBE_RETRY_NS

    def due(self, now_ns: int) -> Presence | None:
        """What is to be said again now."""
        return self.whole() if now_ns >= self._due_ns else None
