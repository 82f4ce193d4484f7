"""What each device's presence really is, as the device itself knows it, and nothing that a server says.

The rules, per device; the judge ORs the devices of a user:

| what happens | state from then on | cause |
|---|---|---|
| the link is up, hello is about to be written | either | hello |
| hello is accepted | online: how it shows belongs to the session; either while a set is on its way | hello |
| a presence set is about to be written | either | set |
| the set is acknowledged | online or offline, as set | set |
| the set fails or ends unknown | stays either, until the next hello | |
| a clean close begins | either | clean_close |
| a clean close is over | offline | clean_close |
| the link is lost and the device will connect again | either, until the next hello is accepted | abort, or half_open |
| the link is lost and the device stays away | offline: it is gone, and only detecting that takes time | abort |

The judge adds its bounds to each change, and treats a device whose link or server is under a fault as *either*.
"""

from __future__ import annotations

from typing import NamedTuple

from chatproof.loadtests.recorder import Recorder


class Move(NamedTuple):
    """A change of presence begins: what the device was before, and when it began not to be that any more."""

    before: str
    t_ns: int


class PresenceTruth:
    """The truth of the devices of one plane; every change is recorded as it happens."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._current: dict[int, tuple[int, str]] = {}
        self._changes: dict[int, int] = {}
        self._setting: dict[int, int] = {}
        self._linked: dict[int, None] = {}
        self._moves: dict[int, Move] = {}

    def hello_begins(self, dev: int, user: int, now_ns: int) -> None:
        """The link is up."""
        self._linked[dev] = None
        self._become(dev, user, "either", "hello", now_ns)

    def hello_accepted(self, dev: int, user: int, now_ns: int) -> None:
        """The session is open."""
        self._linked[dev] = None
        self._become(dev, user, "either" if dev in self._setting else "online", "hello", now_ns)

    def set_begins(self, dev: int, user: int, op: int, now_ns: int) -> None:
        """A presence set is queued: from now on it may take effect."""
        self._setting[dev] = op
        if dev in self._linked:
            self._become(dev, user, "either", "set", now_ns, op)

    def set_ends(self, dev: int, user: int, op: int, state: str | None, now_ns: int) -> None:
        """A presence set was acknowledged with this state; None: it failed, or nobody knows."""
        if self._setting.get(dev) == op:
            del self._setting[dev]
            if state is not None and dev in self._linked:
                self._become(dev, user, state, "set", now_ns, op)

    def close_begins(self, dev: int, user: int, now_ns: int) -> None:
        """The device closes cleanly."""
        self._become(dev, user, "either", "clean_close", now_ns)

    def closed(self, dev: int, user: int, now_ns: int) -> None:
        """The clean close is over."""
        self._linked.pop(dev, None)
        self._become(dev, user, "offline", "clean_close", now_ns)

    def lost(self, dev: int, user: int, cause: str, *, returns: bool, now_ns: int) -> None:
        """The link is gone without a clean close."""
        self._linked.pop(dev, None)
        if dev in self._current:
            self._become(dev, user, "either" if returns else "offline", cause, now_ns)

    def moved_from(self, user: int) -> Move | None:
        """The last change of a device of this user; None for users of other planes."""
        return self._moves.get(user)

    def _become(self, dev: int, user: int, state: str, cause: str, now_ns: int, op: int | None = None) -> None:
        """End the current state and begin another; the same state again is no change."""
        current = self._current.get(dev)
        if current is not None:
            if current[1] == state:
                return
            self._recorder.presence_ended(current[0], now_ns)
        before = current[1] if current is not None else "offline"
        if before != "either":
            self._moves[user] = Move(before, now_ns)
        number = self._changes[dev] = self._changes.get(dev, 0) + 1
        change = dev << 32 | number
        self._current[dev] = (change, state)
        self._recorder.presence_began(change, user, dev, state, cause, op, now_ns)
