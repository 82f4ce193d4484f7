"""Who was online when the server was killed, and does not come back, is shown online for ever.

Seen in: RocketChat/Rocket.Chat#6610, where the connections of a killed instance stayed in the database.
Replaces: the presence role. It keeps every session on disk and takes those of its former life for its own when it
starts; one ends only by a close that the server sees, or by a new session of the same device.
Caught by: presence-converges. Watchers see users online who left at the kill, long after every bound.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.ports.bus import Bus
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.roles.gateway.gateway import Identity
from chatproof.reference_server.roles.presence.board import Board


class _OnDisk(Board):
    def __init__(self, identity: Identity, bus: Bus, clock: Clock, directory: Path) -> None:
        super().__init__(identity.node, identity.incarnation, bus, clock)
        self._kept: dict[tuple[str, str], str] = {}
        self._journal = directory / "presence.journal"
        self._journal.touch()
        for line in self._journal.read_text().splitlines():
            self._take(*json.loads(line))

    def show(self, user: str, device: str, session: str, *, visible: bool) -> None:
        self._write(user, device, session, visible)

    def clear(self, user: str, device: str, session: str) -> None:
        self._write(user, device, session, None)

    def _write(self, user: str, device: str, session: str, visible: bool | None) -> None:
        with self._journal.open("a") as journal:
            journal.write(json.dumps((user, device, session, visible)) + "\n")
        self._take(user, device, session, visible)

    def _take(self, user: str, device: str, session: str, visible: bool | None) -> None:
        former = self._kept.get((user, device), session)
        if visible is not None:
            self._kept[user, device] = session
            super().show(user, device, session, visible=visible)
        elif former == session:
            self._kept.pop((user, device), None)
        if visible is None or former != session:
            super().clear(user, device, session if visible is None else former)


def broken(parts: Parts) -> Parts:
    """Keep sessions beyond the process that has them."""
    return replace(parts, board=_OnDisk)
